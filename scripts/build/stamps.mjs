// What a build step read when it last ran, so that it runs again when, and only when, something of it has changed.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = 'dist/.build'
const passedOver = new Set(['node_modules', 'dist', '.git'])

/** All files at or below a path, in an order of their own. @param {string} path @returns {string[]} */
function filesBelow(path) {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .filter((name) => !passedOver.has(name))
    .sort()
    .flatMap((name) => filesBelow(join(path, name)))
}

/**
 * SHA-256 of the names and bytes of all files at or below paths: equal exactly when nothing was edited, added, moved or deleted.
 * @param {readonly string[]} paths @param {readonly string[]} [without] paths below them that do not count
 */
export function fingerprint(paths, without = []) {
  const hash = createHash('sha256')
  for (const file of paths.flatMap(filesBelow)) {
    if (without.some((path) => file === path || file.startsWith(`${path}/`))) continue
    const bytes = readFileSync(file)
    hash.update(`${file}\n${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex')
}

/** The fingerprint that a step left when it last succeeded. @param {string} step */
export function stampOf(step) {
  const file = join(folder, step)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

/** @param {string} step @param {string} print */
export function stamp(step, print) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, step), print)
}

/** @param {string} step */
export function forget(step) {
  rmSync(join(folder, step), { force: true })
}
