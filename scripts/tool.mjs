// Runs a program of a package of the tests, which need not be installed yet: node scripts/tool.mjs biome ci .
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build/run.mjs'
import { places } from './packages.mjs'

const [name = '', ...words] = process.argv.slice(2)
if (!(await build(['packages']))) process.exit(1)
const program = places.map((place) => join(place, '.bin', name)).find((path) => existsSync(path))
if (!program) throw new Error(`no package of test/package.json has a program ${name}`)
process.exitCode = spawnSync(program, words, { stdio: 'inherit', shell: process.platform === 'win32' }).status ?? 1
