import * as flechette from '@uwdata/flechette'
import { tableFromIPC } from 'apache-arrow'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Column } from '../../src/arrow/column.ts'
import { batchOf, schemaOf, weightsBatch, weightsSchema } from '../../src/arrow/columns.ts'
import { readArrowTable, readPlainFile } from '../../src/arrow/table.ts'
import { arrowFileBytes, arrowFileWriter } from '../../src/arrow/writer.ts'
import { InputError } from '../../src/errors.ts'
import { memoryAccess } from '../../src/io/random-access.ts'
import { memoryFolder } from '../measure/models.ts'

const columns: Column[] = [
  { name: 'text', type: 'utf8', nullable: true, values: ['plain', 'ümlaut 3×3', '', null] },
  { name: 'double', type: 'float64', nullable: true, values: [1.5, null, 0.1, -2] },
  { name: 'int', type: 'int32', values: [1, -2, 2147483647, 0] },
  { name: 'long', type: 'int64', values: [1, 2 ** 40, 0, -5] },
  { name: 'flag', type: 'bool', nullable: true, values: [true, false, null, true] },
  {
    name: 'list',
    type: 'float64_list',
    values: [new Float64Array([1, 2]), new Float64Array(0), new Float64Array([3]), new Float64Array(9)],
  },
]
const schema = schemaOf(columns, { b: '2', a: 'ä' })
const bytes = arrowFileBytes(schema, [batchOf(schema, columns), batchOf(schema, columns)])

test('columns come back as they were', async () => {
  const table = await readArrowTable(memoryAccess('t', bytes))
  assert.is(table.rows, 8)
  assert.equal(
    [...table.metadata],
    [
      ['a', 'ä'],
      ['b', '2'],
    ],
  )
  for (const column of columns) assert.equal(table.values(column.name), [...column.values, ...column.values], column.name)
})

test('a column that is missing, or holds a null or something else, is refused in a sentence', async () => {
  const table = await readArrowTable(memoryAccess('t', bytes))
  assert.throws(
    () => table.texts('absent'),
    (e: Error) => e instanceof InputError && /has no column absent/.test(e.message),
  )
  assert.throws(
    () => table.numbers('double'),
    (e: Error) => e instanceof InputError && /column double, row 1: null is not a number/.test(e.message),
  )
  assert.throws(
    () => table.texts('int'),
    (e: Error) => e instanceof InputError,
  )
})

test('apache-arrow and flechette read the same', () => {
  const arrow = tableFromIPC(bytes)
  assert.equal([...arrow.getChild('text')!], ['plain', 'ümlaut 3×3', '', null, 'plain', 'ümlaut 3×3', '', null])
  assert.equal([...arrow.getChild('double')!], [1.5, null, 0.1, -2, 1.5, null, 0.1, -2])
  assert.equal(arrow.schema.metadata.get('a'), 'ä')
  const other = flechette.tableFromIPC(bytes)
  assert.equal([...other.getChild('long')], [1, 2 ** 40, 0, -5, 1, 2 ** 40, 0, -5])
  assert.equal([...other.getChild('flag')], [true, false, null, true, true, false, null, true])
  assert.equal([...other.getChild('list').at(0)!], [1, 2])
})

test('Polars reads the same', async () => {
  const polars = await import('nodejs-polars').catch(() => undefined)
  if (!polars) {
    console.log('skipped: Polars (nodejs-polars has no binary for this platform and Node)')
    return
  }
  const frame = polars.default.readIPC(Buffer.from(bytes))
  assert.equal(frame.getColumn('text').toArray(), ['plain', 'ümlaut 3×3', '', null, 'plain', 'ümlaut 3×3', '', null])
  assert.equal(frame.getColumn('double').toArray(), [1.5, null, 0.1, -2, 1.5, null, 0.1, -2])
})

test('a batch of filters is written without a copy, and before write resolves', async () => {
  const folder = memoryFolder()
  const weights = weightsSchema(9, {})
  const writer = arrowFileWriter(await folder.create('f.arrow'), weights)
  const values = new Float32Array(18).fill(1)
  await writer.write(weightsBatch(weights, values))
  values.fill(2)
  await writer.write(weightsBatch(weights, values))
  values.fill(3)
  await writer.commit()
  const table = tableFromIPC(folder.files.get('f.arrow')!)
  assert.equal(
    [...table.getChildAt(0)!].map((v: Iterable<number>) => [...v][0]),
    [1, 1, 2, 2],
  )
  const { batches, columns } = await readPlainFile(memoryAccess('f', folder.files.get('f.arrow')!))
  assert.equal(columns[0]?.size, 9)
  assert.equal(
    batches.map(({ rows }) => rows),
    [2, 2],
  )
  const view = new DataView(folder.files.get('f.arrow')!.buffer)
  assert.is(view.getFloat32(batches[1]!.buffers[2]!.offset, true), 2)
})

test('undefined numbers must be nulls, and nulls must be announced', () => {
  const nan: Column[] = [{ name: 'x', type: 'float64', values: [Number.NaN] }]
  assert.throws(() => batchOf(schemaOf(nan), nan), /NaN is not a finite number/)
  const hole: Column[] = [{ name: 'x', type: 'float64', values: [null] }]
  assert.throws(() => batchOf(schemaOf(hole), hole), /has no nulls/)
  const large: Column[] = [{ name: 'x', type: 'int32', values: [2 ** 31] }]
  assert.throws(() => batchOf(schemaOf(large), large), /not a 32-bit integer/)
})

test('every truncation and thousands of flipped bytes are read, or refused with an InputError, and never hang', async () => {
  const attempt = async (damaged: Uint8Array): Promise<void> => {
    try {
      await readArrowTable(memoryAccess('t', damaged))
    } catch (error) {
      if (!(error instanceof InputError)) throw error
    }
  }
  for (let length = 0; length < bytes.length; length++) await attempt(bytes.subarray(0, length))
  let state = 7
  for (let k = 0; k < 5000; k++) {
    const damaged = bytes.slice()
    for (let flips = 0; flips < 3; flips++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      damaged[state % damaged.length] = state >>> 24
    }
    await attempt(damaged)
  }
})

test.run()
