// Compiles what a tsconfig names to dist/ with the native TypeScript compiler (the JavaScript one, kept for typedoc, needs five
// times as long), and keeps dist/ free of what has no source any more: node scripts/build-types.mjs [tsconfig.json] [options of tsc]
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

const [config = 'tsconfig.json', ...words] = process.argv.slice(2)
const memory = `dist/.build/${config}.tsbuildinfo`

const folders = config === 'tsconfig.json' ? ['src', 'test', 'bench'] : ['src']
/** Files below a folder, without those of packages and fixtures. @param {string} folder */
const filesBelow = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !/^(node_modules|fixtures)\b/.test(name))
    : []

for (const folder of folders)
  for (const name of filesBelow(join('dist', folder)).filter((name) => name.endsWith('.d.ts'))) {
    const stem = name.slice(0, -5)
    if (existsSync(join(folder, `${stem}.ts`)) || existsSync(join(folder, `${stem}.tsx`))) continue
    for (const ending of ['.js', '.js.map', '.d.ts']) rmSync(join('dist', folder, stem + ending), { force: true })
  }
// tsc remembers what it has written, not what somebody has deleted since.
const isWhole = folders.every((folder) =>
  filesBelow(folder)
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
    .every((name) => existsSync(join('dist', folder, name.replace(/\.tsx?$/, '.js')))),
)
if (!isWhole) rmSync(memory, { force: true })

const tsc = spawnSync(
  process.execPath,
  ['node_modules/ts7/bin/tsc', '-p', config, '--incremental', '--tsBuildInfoFile', memory, ...words],
  { stdio: 'inherit' },
)
if (config === 'tsconfig.json') {
  cpSync('test/fixtures', 'dist/test/fixtures', { recursive: true })
  // Compiled tests find the packages of test/package.json as their sources do.
  mkdirSync('test/node_modules', { recursive: true })
  if (!existsSync('dist/test/node_modules')) symlinkSync('../../test/node_modules', 'dist/test/node_modules', 'junction')
}
process.exitCode = tsc.status ?? 1
