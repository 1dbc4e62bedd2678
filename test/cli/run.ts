import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const main: string = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
/** The project's folder, where data/ lies. */
export const projectFolder: string = fileURLToPath(new URL('../../../', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Kills the run after so many milliseconds. */
  readonly killAfter?: number
  readonly with?: NodeJS.Signals
  /** What stands on standard input; it is empty by default. */
  readonly input?: string
  readonly cwd?: string
}

/** Runs the command line as a person would, in the project's folder. */
export function filterlens(words: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { FORCE_COLOR: _force, NO_COLOR: _no, ...env } = process.env
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...words], {
      cwd: options.cwd ?? projectFolder,
      env: { ...env, ...options.env },
    })
    child.stdin.on('error', () => undefined).end(options.input ?? '')
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    child.on('error', reject).on('close', (code, signal) => resolve({ code, signal, out, err }))
    if (options.killAfter !== undefined) setTimeout(() => child.kill(options.with ?? 'SIGKILL'), options.killAfter)
  })
}

/** Work in a folder that is gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-test-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
