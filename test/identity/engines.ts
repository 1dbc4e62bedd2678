import { execFile } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bundlePage } from '../browser/harness/bundle.ts'
import { onPath } from '../browser/harness/find.ts'
import { openBrowser } from '../browser/harness/open.ts'
import { serveFolders } from '../browser/harness/server.ts'
import { type Engine as Browser, engines as browsers, until } from '../browser/harness/tab.ts'
import { packageFolders } from '../packages.ts'
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

/** A program is some megabytes; what a package holds in its place until its install script has run is a few lines. */
const LEAST_PROGRAM = 1 << 20

/**
 * The program of an npm package that ships one binary a platform: among `places` below node_modules, where * is any folder of
 * the platform. Undefined when the package is not installed and there is none on PATH.
 * @throws Error when the package is there without a program: an engine that is installed must answer
 */
function program(name: string, places: readonly string[]): string | undefined {
  for (const place of packageFolders.flatMap((folder) => places.map((place) => join(folder, place)))) {
    const [folder, after] = place.split('*') as [string, string | undefined]
    const platforms = after === undefined ? [''] : existsSync(folder) ? readdirSync(folder) : []
    for (const platform of platforms) {
      const path = join(folder, platform, after ?? '')
      if (existsSync(path) && statSync(path).size >= LEAST_PROGRAM) return path
    }
  }
  const found = onPath(name)
  if (!found && packageFolders.some((folder) => existsSync(join(folder, name))))
    throw new Error(`the package ${name} holds no program for this platform; install it with its install scripts`)
  return found
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
      const command = program('deno', ['deno/deno', 'deno/deno.exe', '@deno/*/deno', '@deno/*/deno.exe'])
      return command ? runProgram(command, ['run', '--allow-all', '--no-remote', '--quiet', RUNNER, DATA]) : undefined
    },
  },
  {
    name: 'bun',
    async run() {
      const command = program('bun', ['bun/bin/bun.exe', '@oven/*/bin/bun', '@oven/*/bin/bun.exe'])
      return command ? runProgram(command, ['run', RUNNER, DATA]) : undefined
    },
  },
  ...browsers.map((browser) => ({ name: browser, run: () => runBrowser(browser) })),
]
