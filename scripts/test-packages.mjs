// Installs what only the tests, the linter and the docs need (test/package.json, some 500 MB with other engines and databases): a
// demo or a build of the package does without. Does nothing where all of it is there in the versions that are asked for.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where a package of the tests may lie: in its own place, or with the project's own. */
export const places = ['test/node_modules', 'node_modules']

/** Packages of test/package.json that are not installed in the version asked for. @returns {string[]} */
export function missingPackages() {
  /** @type {{ dependencies: Record<string, string> }} */
  const { dependencies } = JSON.parse(readFileSync('test/package.json', 'utf8'))
  return Object.entries(dependencies)
    .filter(([name, version]) => !places.some((place) => versionAt(join(place, name, 'package.json')) === version))
    .map(([name]) => name)
}

/** @param {string} file @returns {string | undefined} */
function versionAt(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined
}

if (process.argv[1] === fileURLToPath(import.meta.url) && missingPackages().length > 0) {
  mkdirSync('test/node_modules', { recursive: true })
  const npm = spawnSync('npm', ['ci', '--prefix', 'test', '--no-audit', '--no-fund'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  process.exitCode = npm.status ?? 1
}
