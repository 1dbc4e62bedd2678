import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as flechette from '@uwdata/flechette'
import {
  Bool,
  type DataType,
  Dictionary,
  Field,
  FixedSizeList,
  Float16,
  Float32,
  Float64,
  Int8,
  Int32,
  List,
  makeBuilder,
  makeVector,
  RecordBatch,
  Schema,
  Table,
  tableToIPC,
  Utf8,
  type Vector,
} from 'apache-arrow'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openFile } from '../../../src/io/node.ts'
import { emptyFolder, memoryAccess } from '../../../src/io/random-access.ts'
import { arrowTable } from '../../../src/sources/filter-table/arrow.ts'
import { parquetTable } from '../../../src/sources/filter-table/parquet.ts'
import { openSource } from '../../../src/sources/open.ts'
import type { Source } from '../../../src/sources/source.ts'
import { problem } from '../../helpers/problem.ts'
import { referenceWeights } from '../helpers/reference-weights.ts'

const fixtures = fileURLToPath(new URL('../../fixtures/filter-table/', import.meta.url))
const openFixture = async (name: string): Promise<Source> =>
  openSource({ path: name, access: await openFile(fixtures + name), folder: emptyFolder })
const openBytes = (bytes: Uint8Array, name = 'some.arrow'): Promise<Source> =>
  openSource({ path: name, access: memoryAccess(name, bytes), folder: emptyFolder })

/** The values that the fixtures hold in row r: r + k / 16. */
const rowsFrom = (start: number, count: number): number[] =>
  Array.from({ length: count * 9 }, (_, k) => start + Math.floor(k / 9) + (k % 9) / 16)

async function said(source: Source): Promise<unknown[]> {
  const out: unknown[] = []
  for (const { name, convolutions } of source.models)
    for (const { layer, shape, conv_depth, weights } of convolutions)
      out.push([name, layer, [...shape].join(), conv_depth, [...(await referenceWeights(weights, shape))]])
  return out
}

const labelled = [
  ['first', 'conv1', '4,3,3,3', 0, rowsFrom(0, 12)],
  ['first', 'conv2', '6,5,3,3', 1, rowsFrom(12, 30)],
  ['second', 'conv1', '4,3,3,3', 0, rowsFrom(42, 12)],
  ['second', 'conv2', '6,5,3,3', 1, rowsFrom(54, 30)],
]

/** An Arrow column built value by value. */
function column(type: DataType, values: readonly unknown[]): Vector {
  const builder = makeBuilder({ type, nullValues: [null] })
  for (const value of values) builder.append(value)
  return builder.finish().toVector()
}

/** Batches of the labelled rows, cut where nothing ends. */
function labelledTable(filters: DataType, text: () => DataType): Table {
  const fields = [
    new Field('unused', new Bool()),
    new Field('Model', text()),
    new Field('layer_name', text()),
    new Field('in_channels', new Int8()),
    new Field('out_channels', new Int32()),
    new Field('weights', filters),
  ]
  const schema = new Schema(fields)
  const model = text()
  const layer = text()
  const batches = [
    [0, 5],
    [5, 50],
    [50, 84],
  ].map(([from, to]) => {
    const rows = Array.from({ length: to! - from! }, (_, k) => from! + k)
    const columns = [
      column(
        new Bool(),
        rows.map(() => true),
      ),
      column(
        model,
        rows.map((r) => (r < 42 ? 'first' : 'second')),
      ),
      column(
        layer,
        rows.map((r) => (r % 42 < 12 ? 'conv1' : 'conv2')),
      ),
      column(
        new Int8(),
        rows.map((r) => (r % 42 < 12 ? 3 : 5)),
      ),
      column(
        new Int32(),
        rows.map((r) => (r % 42 < 12 ? 4 : 6)),
      ),
      column(
        filters,
        rows.map((r) => rowsFrom(r, 1)),
      ),
    ]
    const named = Object.fromEntries(columns.map((vector, k) => [fields[k]!.name, vector]))
    return new Table(named).batches[0]!
  })
  return new Table(
    schema,
    batches.map((batch) => new RecordBatch(schema, batch.data as never)),
  )
}

const nine = (child: DataType): DataType => new FixedSizeList(9, new Field('item', child))

for (const kind of ['file', 'stream'] as const) {
  test(`Arrow ${kind}: rows are grouped by model and layer across batches, and shaped by their channels`, async () => {
    const bytes = tableToIPC(
      labelledTable(nine(new Float32()), () => new Utf8()),
      kind,
    )
    const source = await openBytes(bytes)
    assert.equal(await said(source), labelled)
    assert.equal(source.warnings, [])
  })
}

test('Arrow: labels in dictionaries', async () => {
  const text = () => new Dictionary(new Utf8(), new Int32())
  // Each batch has a dictionary of its own: the stream replaces them on its way.
  assert.equal(await said(await openBytes(tableToIPC(labelledTable(nine(new Float32()), text), 'stream'))), labelled)
})

test('Arrow: lists of nine, doubles, and other kernel sizes', async () => {
  const source = await openBytes(
    tableToIPC(
      labelledTable(new List(new Field('item', new Float64())), () => new Utf8()),
      'stream',
    ),
  )
  assert.equal(await said(source), labelled)
  assert.equal(source.warnings, [])
  const kernels = new Table({
    k: column(new FixedSizeList(25, new Field('item', new Float16())), [
      Array.from({ length: 25 }, (_, k) => k),
      Array.from({ length: 25 }, (_, k) => -k),
    ]),
  })
  const five = await openBytes(tableToIPC(kernels, 'file'), 'five.arrow')
  assert.equal(
    (await said(five)).map((row) => (row as unknown[]).slice(0, 4)),
    [['five', 'filters', '1,2,5,5', 0]],
  )
  const { weights, shape } = five.models[0]!.convolutions[0]!
  assert.is((await referenceWeights(weights, shape))[30], -5)
})

/** An LZ4 frame of one block: each four bytes that were seen before begin a match. */
function lz4(bytes: Uint8Array): Uint8Array {
  const block: number[] = []
  const more = (length: number): number[] =>
    length < 15 ? [] : [...Array<number>(Math.floor((length - 15) / 255)).fill(255), (length - 15) % 255]
  const seen = new Map<string, number>()
  let from = 0
  for (let at = 0; at + 12 < bytes.length; at++) {
    const key = bytes.subarray(at, at + 4).join()
    const earlier = seen.get(key)
    seen.set(key, at)
    if (earlier === undefined) continue
    let length = 4
    while (at + length < bytes.length - 5 && bytes[at + length] === bytes[earlier + length]) length++
    const distance = at - earlier
    block.push((Math.min(15, at - from) << 4) | Math.min(15, length - 4), ...more(at - from), ...bytes.subarray(from, at))
    block.push(distance & 255, distance >> 8, ...more(length - 4))
    from = at + length
    at = from - 1
  }
  block.push(Math.min(15, bytes.length - from) << 4, ...more(bytes.length - from), ...bytes.subarray(from))
  const size = [block.length & 255, (block.length >> 8) & 255, block.length >> 16, 0]
  return Uint8Array.from([0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0, ...size, ...block, 0, 0, 0, 0])
}

test('Arrow: batches compressed with LZ4, as Feather files are', async () => {
  flechette.setCompressionCodec(flechette.CompressionType.LZ4_FRAME, {
    encode: lz4,
    decode: () => assert.unreachable() as never,
  })
  const { utf8, int32, float32, fixedSizeList, tableFromArrays, tableToIPC: write } = flechette
  const rows = Array.from({ length: 84 }, (_, r) => r)
  const table = tableFromArrays(
    {
      model: rows.map((r) => (r < 42 ? 'first' : 'second')),
      layer: rows.map((r) => (r % 42 < 12 ? 'conv1' : 'conv2')),
      in_channels: rows.map((r) => (r % 42 < 12 ? 3 : 5)),
      weights: rows.map((r) => Float32Array.from(rowsFrom(r, 1))),
    },
    { types: { model: utf8(), layer: utf8(), in_channels: int32(), weights: fixedSizeList(float32(), 9) } },
  )
  for (const format of ['file', 'stream'] as const) {
    const bytes = write(table, { format, codec: flechette.CompressionType.LZ4_FRAME })!
    assert.ok(bytes.length < write(table, { format })!.length, 'some buffers are stored compressed')
    assert.equal(await said(await openBytes(bytes)), labelled)
  }
})

test('Arrow: batches compressed with ZSTD, in frames that tell their size and in others', async () => {
  for (const name of ['zstd.arrow', 'zstd-unsized.arrow']) assert.equal(await said(await openFixture(name)), labelled)
})

test('a damaged ZSTD frame is refused immediately', async () => {
  const damaged = new Uint8Array(readFileSync(`${fixtures}zstd.arrow`))
  damaged[726] = 0xf0 // in a table of literals; the first reader of these frames never came back from it
  assert.match(await problem(openBytes(damaged)), /^some\.arrow: Arrow: a ZSTD frame is damaged \(its bytes are damaged\)/)
})

test('Arrow: a stored batch is a part of the file', async () => {
  const origin = { at: { kind: 'path', path: '/there/x.arrow' }, offset: 0 } as const
  const bytes = tableToIPC(new Table({ weights: column(nine(new Float32()), [rowsFrom(0, 1)]) }), 'file')
  const source = await openSource({ path: 'x.arrow', access: { ...memoryAccess('x.arrow', bytes), origin }, folder: emptyFolder })
  const { access } = source.models[0]!.convolutions[0]!.weights
  assert.is(access.byteLength, 36)
  assert.equal([...new Float32Array(bytes.slice(access.origin!.offset, access.origin!.offset + 36).buffer)], rowsFrom(0, 1))
})

test('Arrow: what cannot be read is said', async () => {
  const ipc = (type: DataType, values: unknown[]) => tableToIPC(new Table({ weights: column(type, values) }), 'file')
  const good = ipc(nine(new Float32()), [rowsFrom(0, 1)])
  assert.match(await problem(openBytes(good.slice(0, -20))), /end mark is missing/)
  assert.match(await problem(openBytes(ipc(nine(new Float32()), [rowsFrom(0, 1), null]))), /has empty entries/)
  assert.match(await problem(openBytes(ipc(new List(new Field('item', new Float32())), [[1, 2, 3]]))), /lists have 3 entries/)
  assert.match(
    await problem(openBytes(ipc(new List(new Field('item', new Float32())), [rowsFrom(0, 1), [1]]))),
    /list in row 1 has 1 entries, those before 9/,
  )
  const uneven = new Table({
    weights: column(nine(new Float32()), [rowsFrom(0, 1)]),
    out_channels: makeVector(new Int32Array([2])),
  })
  assert.match(await problem(openBytes(tableToIPC(uneven))), /has 1 filters, which are not 2 output/)
  const other = tableToIPC(new Table({ a: makeVector(new Int32Array(3)) }), 'file')
  assert.not.ok(
    await arrowTable.match(other.subarray(0, 4096), { path: 'a', access: memoryAccess('a', other), folder: emptyFolder }),
  )
  assert.match(
    await problem(arrowTable.open({ path: 'a', access: memoryAccess('a', other), folder: emptyFolder })),
    /without a column of filters/,
  )
})

test('Parquet: groups as Arrow does, over row groups', async () => {
  const source = await openFixture('labelled.parquet')
  assert.equal(await said(source), labelled)
  assert.match(source.models[0]!.producer!, /DuckDB/)
  await source.close()
})

test('Parquet: one layer without labels, doubles narrowed, any part of any row group', async () => {
  const source = await openFixture('plain.parquet')
  const [model] = source.models
  const { shape, layer, weights } = model!.convolutions[0]!
  assert.equal([model!.name, layer, [...shape]], ['plain', 'filters', [1, 5000, 3, 3]])
  assert.equal(source.warnings, [])
  for (const [row, count] of [
    [0, 1],
    [2040, 20],
    [4999, 1],
  ] as const) {
    const bytes = await weights.access.read(row * 36, count * 36)
    assert.equal([...new Float32Array(bytes.slice().buffer)], rowsFrom(row, count))
  }
  await source.close()
})

test('Parquet: dictionaries and pages of version 2', async () => {
  const source = await openFixture('repeated.parquet')
  const { layer, weights, shape } = source.models[0]!.convolutions[0]!
  assert.is(layer, 'all')
  const values = await referenceWeights(weights, shape)
  for (const row of [0, 1, 2, 1000, 2999]) assert.equal([...values.subarray(row * 9, row * 9 + 9)], rowsFrom(row % 3, 1))
  await source.close()
})

test('Parquet: pages packed with LZ4', async () => {
  const source = await openFixture('lz4.parquet')
  const { weights, shape } = source.models[0]!.convolutions[0]!
  assert.equal([...(await referenceWeights(weights, shape))], rowsFrom(0, 100))
  await source.close()
})

test('Parquet: ZSTD', async () => {
  const source = await openFixture('zstd.parquet')
  const { weights, shape } = source.models[0]!.convolutions[0]!
  assert.equal([...(await referenceWeights(weights, shape))], rowsFrom(0, 10))
  await source.close()
})

test('Parquet: what cannot be read is said', async () => {
  assert.match(await problem(openFixture('brotli.parquet')), /compressed with Brotli, which is not read; write it again with/)
  assert.match(await problem(openFixture('ragged.parquet')), /column weights has 8\.2 values a row; a 3×3 filter has 9/)
  for (const [name, sentence] of [
    ['ragged-even.parquet', /column weights row 7 does not have 9 values/],
    ['empty-entry.parquet', /column weights row 7 has an empty entry/],
  ] as const) {
    const source = await openFixture(name)
    const { access } = source.models[0]!.convolutions[0]!.weights
    assert.match(await problem(access.read(0, 36)), sentence)
    await source.close()
  }
  const none = new Uint8Array(readFileSync(`${fixtures}no-filters.parquet`))
  assert.not.ok(
    await parquetTable.match(none.subarray(0, 4096), { path: 'n', access: memoryAccess('n', none), folder: emptyFolder }),
  )
  const good = new Uint8Array(readFileSync(`${fixtures}labelled.parquet`))
  assert.match(await problem(openBytes(good.slice(0, -9), 'cut.parquet')), /end mark is missing/)
  const broken = good.slice()
  broken.fill(0xff, broken.length - 200, broken.length - 150)
  assert.match(await problem(openBytes(broken, 'broken.parquet')), /^broken\.parquet: /)
  // Found by fuzzing: a column of the footer without a name.
  const nameless = new Uint8Array(readFileSync(`${fixtures}nameless-column.parquet`))
  assert.match(await problem(openBytes(nameless, 'n.parquet')), /footer cannot be read \(a column has no name\)/)
})

test.run()
