// Installs the packages of a package.json that are missing or of another version: node scripts/packages.mjs . or test. Those of
// test/package.json, some 500 MB with other engines and databases, are needed by the tests, the linter and the docs alone: a demo or a
// build of the package does without.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where a package of the tests may lie: in its own place, or with the project's own. */
export const places = ['test/node_modules', 'node_modules']

/** Packages that are not installed in the version asked for. @param {string} folder of the package.json @returns {string[]} */
export function missingPackages(folder) {
  /** @type {{ dependencies: Record<string, string>, devDependencies?: Record<string, string> }} */
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const own = folder === '.' ? ['node_modules'] : places
  return Object.entries({ ...dependencies, ...devDependencies })
    .filter(([name, asked]) => !own.some((place) => versionAt(join(place, name)) === asked.replace(/^npm:.*@/, '')))
    .map(([name]) => name)
}

/** @param {string} folder @returns {string | undefined} */
function versionAt(folder) {
  const file = join(folder, 'package.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined
}

const [, program = '', folder = '.'] = process.argv
if (program === fileURLToPath(import.meta.url)) {
  const missing = missingPackages(folder)
  if (missing.length > 0) {
    console.error(`installing ${missing.join(' ')} (npm ci in ${folder})`)
    mkdirSync(join(folder, 'node_modules'), { recursive: true })
    const npm = spawnSync('npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund'], {
      stdio: 'inherit',
      shell: process.platform === 'win32',
    })
    process.exitCode = npm.status ?? 1
  }
}
