// Every fixture has its row in test/fixtures/README.md: what it is, and where it comes from.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { segmentTest } from '../../src/inputs/glob.ts'
import { projectFolder } from '../cli/run.ts'

const root = join(projectFolder, 'test/fixtures')
const rows = readFileSync(join(root, 'README.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| files'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
const recipe = /(^|\/)make[\w-]*\.(py|mjs)$/
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
  .filter((file) => file !== 'README.md' && !recipe.test(file))

/** `folder/**` is all below it, however deep; else a glob for each name. */
function isCovered(pattern: string, file: string): boolean {
  if (pattern.endsWith('/**')) return file.startsWith(pattern.slice(0, -2))
  const parts = pattern.split('/')
  const names = file.split('/')
  // A row about all of a folder is about the folders in it too.
  const isDeep = parts.at(-1) === '*' && names.length >= parts.length
  return (isDeep || parts.length === names.length) && parts.every((part, k) => part === '*' || segmentTest(part)(names[k]!))
}

test('every fixture has a row', () => {
  assert.ok(files.length > 100)
  assert.equal(
    files.filter((file) => !rows.some(([pattern]) => isCovered(pattern!, file))),
    [],
  )
})

test('every row says what it is and where it comes from, and is about files that are there', () => {
  for (const [pattern, what, source, ...rest] of rows) {
    assert.ok(pattern && what && source && rest.length === 0, `${pattern}: ${what}: ${source}`)
    assert.ok(
      files.some((file) => isCovered(pattern!, file)),
      pattern,
    )
  }
})

test.run()
