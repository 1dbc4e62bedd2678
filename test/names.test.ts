import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

// Who looks for a name in src/ finds one function, class, type or constant. Passing on another file's export is no second one.

const declaration =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|interface|type|const|let|enum) (\w+)|^export (?:const|let) [[{]/gm

/** The names that `text` declares and exports. @throws when it exports by a pattern, which is not read here */
function declaredIn(file: string, text: string): string[] {
  return [...text.matchAll(declaration)].map(([all, name]) => {
    if (name === undefined) throw new Error(`${file}: ${all} … give each export a declaration of its own`)
    return name
  })
}

/** A file, or the two that are one room's face in Node and in browsers: node.ts and browser.ts beside each other. */
const faceOf = (file: string): string => (/^(?:node|browser)\.ts$/.test(basename(file)) ? dirname(file) : file)

/** Every name that stands in more than one place, and where. */
function repeated(files: readonly (readonly [string, string])[]): string[] {
  const places = new Map<string, Set<string>>()
  for (const [file, text] of files)
    for (const name of declaredIn(file, text)) places.set(name, (places.get(name) ?? new Set()).add(faceOf(file)))
  return [...places].filter(([, where]) => where.size > 1).map(([name, where]) => `${name}: ${[...where].join(', ')}`)
}

test('no two exports of src/ share a name', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name))
  const texts = files.map((name) => [join('src', name), readFileSync(join('src', name), 'utf8')] as const)
  assert.equal(repeated(texts), [])
  const found = texts.flatMap(([file, text]) => declaredIn(file, text))
  assert.ok(found.length > 900, `${found.length} exports were found`)
})

test('a name that stands twice is found, whatever it names; passed on or in the two faces of a room it is one', () => {
  const first = 'export async function* read(): Thing {}\nexport interface Thing {}\n'
  assert.equal(
    repeated([
      ['src/a.ts', first],
      ['src/b.ts', 'export const read = 1\n'],
    ]),
    ['read: src/a.ts, src/b.ts'],
  )
  assert.equal(
    repeated([
      ['src/a.ts', first],
      ['src/b.tsx', 'export abstract class Thing {}\n'],
    ]).length,
    1,
  )
  assert.equal(
    repeated([
      ['src/a.ts', first],
      ['src/b.ts', "export { read, type Thing } from './a.ts'\n"],
    ]),
    [],
  )
  assert.equal(
    repeated([
      ['src/io/node.ts', first],
      ['src/io/browser.ts', first],
    ]),
    [],
  )
  assert.equal(
    repeated([
      ['src/io/node.ts', first],
      ['src/hdf5/browser.ts', first],
    ]).length,
    2,
  )
  assert.throws(() => declaredIn('src/a.ts', 'export const { a, b } = both\n'), /src\/a\.ts/)
})

test.run()
