// The same sources give the same bytes, wherever they lie: two copies of them are built in folders of their own.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const SOURCES = ['src', 'assembly', 'scripts', 'package.json', 'asconfig.json', 'tsconfig.json']

/** Runs scripts that build in a copy of the sources. @returns the hash of every file that came of it */
function built(name: string, scripts: readonly string[]): Record<string, string> {
  const home = mkdtempSync(join(tmpdir(), `filterlens-${name}-`))
  try {
    for (const path of SOURCES) cpSync(path, join(home, path), { recursive: true })
    symlinkSync(join(process.cwd(), 'node_modules'), join(home, 'node_modules'))
    for (const script of scripts) execFileSync(process.execPath, [join('scripts', script)], { cwd: home, stdio: 'pipe' })
    const files = readdirSync(join(home, 'dist'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const hashes = files.map(({ parentPath, name: file }): [string, string] => {
      const path = join(parentPath, file)
      return [path.slice(home.length), createHash('sha256').update(readFileSync(path)).digest('hex')]
    })
    return Object.fromEntries(hashes.sort(([a], [b]) => (a < b ? -1 : 1)))
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

const here = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

test('two builds of the same sources are the same, byte for byte: the module', () => {
  // The one that lies here is the other.
  assert.is(built('module', ['build-module.mjs'])['/dist/kernel.wasm'], here('dist/kernel.wasm'))
})

test('two builds of the same sources are the same, byte for byte: the command, the library and their threads', () => {
  const one = built('one', ['build-bundle.mjs'])
  assert.equal(one, built('a-longer-name-of-the-other', ['build-bundle.mjs']))
  assert.ok(one['/dist/bundle/node/main.js'])
})

test.run()
