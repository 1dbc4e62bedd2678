import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memoryAccess } from '../../src/io/random-access.ts'
import { writeFile } from '../../src/io/sink.ts'
import { differencesIn } from '../../src/results/differing-files.ts'
import { layerTableBytes } from '../../src/results/tables.ts'
import { modelRow, syntheticAnalysis } from '../analysis/synthetic.ts'
import { memoryFolder } from '../measure/models.ts'

const analysis = syntheticAnalysis([modelRow('one', {}), modelRow('two', {})], 13)
const table = layerTableBytes(analysis)

test('small files that differ are compared cell by cell, and files that are on one side only are told', async () => {
  const folder = memoryFolder()
  folder.files.set('a.json', new TextEncoder().encode('{"a":[1,2]}'))
  folder.files.set('gone.json', new TextEncoder().encode('{}'))
  const found = await differencesIn(['a.json', 'gone.json', 'new.json'], folder, async (output) => {
    await writeFile(output, 'a.json', '{"a":[1,3]}')
    await writeFile(output, 'new.json', '{}')
    await writeFile(output, 'another.json', '{}')
  })
  assert.equal(
    found.map(({ table, column, stored, recomputed }) => [table, column, stored, recomputed]),
    [
      ['a.json', 'a[1]', '2', '3'],
      ['gone.json', '(the file)', 'there', 'not there'],
      ['new.json', '(the file)', 'not there', 'there'],
    ],
  )
})

/** A folder whose files seem larger than what is held. */
function huge(files: ReadonlyMap<string, Uint8Array>) {
  const size = 1 << 30
  let most = 0
  return {
    open: async (path: string) => {
      const bytes = files.get(path)
      if (!bytes) return undefined
      const access = memoryAccess(path, bytes)
      let isFirst = true
      return {
        name: path,
        get byteLength() {
          const told = isFirst ? size : bytes.length
          isFirst = false
          return told
        },
        read: (at: number, length: number) => {
          most = Math.max(most, length)
          return access.read(at, length)
        },
      }
    },
    most: () => most,
  }
}

test('large files are compared while they are written: the first byte that differs, with the rows and the column of a table', async () => {
  const changed = table.slice()
  const rows = analysis.layers.length
  // A double of the last column in the middle of the table.
  const at = table.length >> 1
  changed[at]! ^= 1
  const folder = huge(new Map([['layers.arrow', changed]]))
  const [one, ...more] = await differencesIn(['layers.arrow'], folder, (output) => writeInPieces(output, 'layers.arrow', table))
  assert.is(more.length, 0)
  assert.is(one!.row, `0 to ${rows - 1}`)
  assert.match(one!.column, new RegExp(`^\\w+, byte ${at}$`))
  assert.is.not(one!.stored, one!.recomputed)
  assert.equal(await differencesIn(['x.json'], huge(new Map([['x.json', table]])), (o) => writeInPieces(o, 'x.json', table)), [])
  const [cut] = await differencesIn(['x.html'], huge(new Map([['x.html', table]])), (o) =>
    writeInPieces(o, 'x.html', table.subarray(0, 99)),
  )
  assert.is(cut!.column, 'byte 99')
  assert.is(cut!.recomputed, 'the end')
})

async function writeInPieces(output: Parameters<typeof writeFile>[0], path: string, bytes: Uint8Array): Promise<void> {
  const sink = await output.create(path)
  for (let from = 0; from < bytes.length; from += 1000) await sink.write(bytes.subarray(from, from + 1000))
  await sink.commit()
}

test.run()
