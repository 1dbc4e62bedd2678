import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

// Who imports whom in src/, read from the sources: imports of types count, and so do the names that package.json maps.

/** The floors from the ground up: a room imports from rooms below its own floor, never from its own floor or above. docs/architecture.md */
const floors: readonly (readonly string[])[] = [
  ['errors.ts', 'printable.ts', 'version.ts', 'words.ts'],
  ['io', 'codecs', 'wasm'],
  ['arrow', 'hdf5', 'shift', 'weights'],
  ['database'],
  ['sources'],
  ['inputs', 'measure'],
  ['activation', 'analysis'],
  ['figures'],
  ['report'],
  ['results'],
  ['analyze.ts', 'extract.ts', 'shards'],
  ['index.ts', 'drawings'],
  ['node.ts'],
  ['cli', 'web'],
]

interface Import {
  readonly from: string
  readonly to: string
}

/** The room of a file: its folder below src/, or its own name for a file that lies there itself. */
const roomOf = (file: string): string => file.split('/')[1]!

/** Names of package.json's "imports" and the sources they stand for, the one for Node and the one for browsers. */
function mappedNames(): Map<string, readonly string[]> {
  const { imports } = JSON.parse(readFileSync('package.json', 'utf8')) as { imports: Record<string, Record<string, string>> }
  const sourceOf = (path: string): string => path.replace('./dist/', '').replace(/\.js$/, '.ts')
  return new Map(
    Object.entries(imports).map(([name, paths]) => [name, [sourceOf(paths['default']!), sourceOf(paths['browser']!)]]),
  )
}

const mapped = mappedNames()

/** All that `text`, the source of `file`, imports from src/: `import … from`, `export … from`, `import(…)`, `import '…'`. */
function importsOf(file: string, text: string): Import[] {
  const found = [...text.matchAll(/(?:\bfrom\s*|\bimport\(\s*|^import\s*)['"](\.{1,2}\/[^'"]+|#[^'"]+)['"]/gm)].map(
    ([, to]) => to!,
  )
  return found
    .flatMap((to) => (to.startsWith('#') ? (mapped.get(to) ?? [to]) : [join(dirname(file), to)]))
    .filter((to) => to.startsWith('src/') || to.startsWith('#'))
    .map((to) => ({ from: file, to }))
}

function sourceImports(): Import[] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name))
  return files.map((name) => join('src', name)).flatMap((file) => importsOf(file, readFileSync(file, 'utf8')))
}

/** The imports that do not lead down, each as a sentence. */
function upwardImports(imports: readonly Import[]): string[] {
  const floorOf = new Map(floors.flatMap((rooms, floor) => rooms.map((room) => [room, floor] as const)))
  const wrong: string[] = []
  for (const { from, to } of imports) {
    const [own, other] = [roomOf(from), roomOf(to)]
    if (own === other) continue
    const [ownFloor, otherFloor] = [floorOf.get(own), floorOf.get(other)]
    if (ownFloor === undefined) wrong.push(`${from}: the room ${own} stands on no floor`)
    else if (otherFloor === undefined) wrong.push(`${from} imports ${to}, whose room stands on no floor`)
    else if (otherFloor >= ownFloor) wrong.push(`${from} imports ${to}`)
  }
  return [...new Set(wrong)]
}

const imports = sourceImports()

test('every import in src/ leads down: no room imports from its own floor or from above, and so no rooms form a circle', () => {
  assert.equal(upwardImports(imports), [])
  assert.ok(imports.length > 800, `${imports.length} imports were found`)
})

test('an import that leads up is found, of a type too', () => {
  const planted = importsOf(
    'src/io/zip.ts',
    "import type { Analysis } from '../measure/model-row.ts'\nimport { x } from './http.ts'\n",
  )
  assert.equal(upwardImports(planted), ['src/io/zip.ts imports src/measure/model-row.ts'])
  assert.equal(upwardImports(importsOf('src/cli/view.ts', "const { a } = await import('../web/app.tsx')")).length, 1)
  assert.equal(upwardImports(importsOf('src/io/zip.ts', "export * from '#threads'")).length, 2)
  assert.equal(upwardImports(importsOf('src/new-room/a.ts', "import '../errors.ts'")).length, 1)
})

test('docs/architecture.md has a row for every room, on its floor', () => {
  const page = readFileSync('docs/architecture.md', 'utf8')
  const rows = [...page.matchAll(/^\| (\d+) \| `([^`]+)` \| \S.* \|$/gm)].map(([, floor, room]) => `${floor} ${room}`)
  assert.equal(rows.sort(), floors.flatMap((rooms, floor) => rooms.map((room) => `${floor + 1} ${room}`)).sort())
})

test('no files of one room import each other in a circle', () => {
  const within = new Map<string, string[]>()
  for (const { from, to } of imports) if (roomOf(from) === roomOf(to)) within.set(from, [...(within.get(from) ?? []), to])
  const seen = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (seen.has(file)) return
    seen.add(file)
    for (const to of within.get(file) ?? []) visit(to, [...path, file])
  }
  for (const file of within.keys()) visit(file, [])
  assert.equal(circles, [])
})

test.run()
