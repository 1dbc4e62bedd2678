import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bundlePage } from '../browser/harness/bundle.ts'
import { onPath } from '../browser/harness/find.ts'
import { openBrowser } from '../browser/harness/open.ts'
import { serveFolders } from '../browser/harness/server.ts'
import { type Engine as Browser, engines as browsers, until } from '../browser/harness/tab.ts'
import type { Identity } from './suite.ts'

export const DATA = 'data'
const RUNNER = 'dist/test/identity/run-node.js'

/** What an engine answered. */
export interface Answer extends Identity {
  readonly version: string
}

/** An engine that the suite runs in. `run` gives undefined where it is not installed. */
export interface IdentityEngine {
  readonly name: string
  run(): Promise<Answer | undefined>
}

/** A program of an npm package that ships one binary a platform, or one on PATH. */
function program(name: string, patterns: readonly string[]): string | undefined {
  for (const pattern of patterns) {
    const [scope, prefix, inside] = pattern.split('|') as [string, string, string]
    const folder = join('node_modules', scope)
    if (!existsSync(folder)) continue
    for (const found of readdirSync(folder)) {
      const path = join(folder, found, inside)
      if (found.startsWith(prefix) && existsSync(path)) return path
    }
  }
  return onPath(name)
}

async function runProgram(command: string, args: readonly string[]): Promise<Answer> {
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 1 << 20, timeout: 300_000 })
  return JSON.parse(stdout) as Answer
}

async function runBrowser(browser: Browser): Promise<Answer | undefined> {
  const tab = await openBrowser(browser)
  if (!tab) return undefined
  const bundle = await bundlePage('dist/test/identity/run-browser.js')
  const server = await serveFolders({ '/': bundle.folder })
  try {
    await tab.goto(`${server.url}/index.html`)
    await tab.chooseFiles(
      '#files',
      readdirSync(DATA)
        .filter((name) => /\.(onnx|csv)$/.test(name))
        .map((name) => join(process.cwd(), DATA, name)),
    )
    await until(tab, 'the bundle', () => typeof globalThis.runIdentity === 'function', [])
    const found = await tab.run(() => globalThis.runIdentity([...document.querySelector<HTMLInputElement>('#files')!.files!]))
    return { version: tab.version, ...found }
  } finally {
    await tab.close()
    await server.close()
    await bundle.remove()
  }
}

/** Every engine the suite knows, Node first: what the others are compared with. */
export const identityEngines: readonly IdentityEngine[] = [
  { name: 'node', run: () => runProgram(process.execPath, [RUNNER, DATA]) },
  {
    name: 'deno',
    async run() {
      const command = program('deno', ['@deno||deno', '@deno||deno.exe'])
      return command ? runProgram(command, ['run', '--allow-all', '--no-remote', '--quiet', RUNNER, DATA]) : undefined
    },
  },
  {
    name: 'bun',
    async run() {
      const command = program('bun', ['@oven|bun-|bin/bun', '@oven|bun-|bin/bun.exe'])
      return command ? runProgram(command, ['run', RUNNER, DATA]) : undefined
    },
  },
  ...browsers.map((browser) => ({ name: browser, run: () => runBrowser(browser) })),
]
