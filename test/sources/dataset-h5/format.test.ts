import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../../src/errors.ts'
import { openHdf5 } from '../../../src/hdf5/file.ts'
import { openFile } from '../../../src/io/node.ts'
import { emptyFolder, memoryAccess } from '../../../src/io/random-access.ts'
import { readDerivedTables } from '../../../src/sources/dataset-h5/derived.ts'
import { datasetModels } from '../../../src/sources/dataset-h5/layers.ts'
import { openSource } from '../../../src/sources/open.ts'
import { readFrame } from '../../../src/sources/pandas/fixed-format.ts'
import type { Frame } from '../../../src/sources/pandas/frame.ts'
import type { Source } from '../../../src/sources/source.ts'
import { referenceWeights, weightsHash } from '../helpers/reference-weights.ts'
import { memoryInput } from '../inputs.ts'

interface Expected {
  [file: string]: { models: { name: string; meta: Record<string, unknown>; layers: Record<string, unknown>[] }[] }
}

const fixtures = join(import.meta.dirname, '../../fixtures/dataset-h5')

/** The gzipped fixtures of a folder as files, for as long as `use` runs. */
async function unpacked(from: string, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'filterlens-'))
  try {
    for (const name of readdirSync(from).filter((name) => name.endsWith('.gz')))
      writeFileSync(join(folder, name.slice(0, -3)), gunzipSync(readFileSync(join(from, name))))
    await use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const open = async (path: string): Promise<Source> => openSource({ path, access: await openFile(path), folder: emptyFolder })

async function described(source: Source): Promise<Expected[string]['models']> {
  const models: Expected[string]['models'] = []
  for (const { name, meta, convolutions } of source.models) {
    const layers: Record<string, unknown>[] = []
    for (const convolution of convolutions) {
      const { layer, shape, depth, conv_depth, conv_depth_norm, layer_id = null } = convolution
      const sha256 = await weightsHash(convolution)
      layers.push({ layer, shape: [...shape], depth, conv_depth, conv_depth_norm, layer_id, sha256 })
    }
    models.push({ name, meta: { ...meta }, layers })
  }
  return models
}

async function compare(packed: string): Promise<void> {
  const expected = JSON.parse(readFileSync(join(packed, 'expected.json'), 'utf8')) as Expected
  await unpacked(packed, async (folder) => {
    for (const [name, { models }] of Object.entries(expected)) {
      const source = await open(join(folder, name))
      assert.is(source.format, 'dataset.h5')
      assert.equal(source.warnings, [], name)
      assert.equal(await described(source), models, name)
      await source.close()
      // The same bytes where no file can be opened by path: through shared memory.
      const again = await openSource(memoryInput(name, readFileSync(join(folder, name))))
      assert.equal(await described(again), models, `${name} in memory`)
      await again.close()
    }
  })
}

test('models, layers, meta and weights are those of pandas and h5py', () => compare(fixtures))

test('files written on the spot by pandas and PyTables', async () => {
  const python = '/usr/bin/python3'
  try {
    execFileSync(python, ['-c', 'import pandas, tables, h5py'], { stdio: 'ignore' })
  } catch {
    console.log('skipped: no pandas with PyTables at /usr/bin/python3')
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'filterlens-'))
  try {
    execFileSync(python, [join(fixtures, 'make.py'), folder, '1'], { stdio: 'ignore' })
    await compare(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('filters in one piece are a part of the file itself; others come through the library', () =>
  unpacked(fixtures, async (folder) => {
    for (const [name, isPart] of [
      ['float64.h5', true],
      ['lists.h5', false],
      ['big_endian.h5', false],
    ] as const) {
      const source = await open(join(folder, name))
      const { access } = source.models[0]!.convolutions[0]!.weights
      assert.is(access.origin !== undefined, isPart, name)
      await source.close()
    }
  }))

test('the notebooks’ own results are read under the names of models and layers', () =>
  unpacked(fixtures, async (folder) => {
    const access = await openFile(join(folder, 'float64.h5'))
    const [table, ...others] = await readDerivedTables(access)
    await access.close!()
    assert.equal(others, [])
    assert.is(table!.key, 'meta_ortho')
    assert.equal(table!.rows, [
      { model: 'net_a', layer: 'filters 0:191', values: { ortho: 0.5 } },
      { model: 'net_a', layer: 'filters 192:1215', values: { ortho: 0.25 } },
      { model: 'net_a', layer: 'filters 1216:1727', values: { ortho: null } },
      { model: 'nét_b', layer: 'filters 1728:1823', values: { ortho: 0.125 } },
    ])
  }))

interface Reference {
  filters: { n: number; first: number[]; last: number[] }
  meta: { index_names: string[]; columns: string[]; index: unknown[][]; rows: unknown[][] }
}

test('a file of the reference pipeline: every cell of its table, every filter counted', () =>
  unpacked(fixtures, async (folder) => {
    const { filters, meta } = JSON.parse(readFileSync(join(fixtures, 'reference.json'), 'utf8')) as Reference
    const path = join(folder, 'reference.h5')
    const access = await openFile(path)
    const file = await openHdf5(access)
    const frame = (await readFrame(file, '/meta'))!
    await file.close()
    await access.close!()
    const told = (cell: unknown): unknown => (typeof cell === 'number' && Number.isNaN(cell) ? 'NaN' : cell)
    assert.equal(frame.indexNames, meta.index_names)
    assert.equal(frame.columns, meta.columns)
    assert.equal(
      meta.index,
      meta.index.map((_, row) => frame.index.map((level) => told(level[row]))),
    )
    assert.equal(
      meta.rows,
      meta.rows.map((_, row) => frame.columns.map((column) => told(frame.cells.get(column)![row]))),
    )
    const source = await open(path)
    const layers = source.models.flatMap((model) => model.convolutions)
    layers.sort((a, b) => a.weights.offset - b.weights.offset)
    assert.is(layers.length, meta.rows.length)
    assert.is(
      layers.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0),
      filters.n,
    )
    const [first, last] = [
      await referenceWeights(layers[0]!.weights, layers[0]!.shape),
      await referenceWeights(layers.at(-1)!.weights, layers.at(-1)!.shape),
    ]
    assert.equal([...first.subarray(0, 9)], filters.first)
    assert.equal([...last.subarray(-9)], filters.last)
    await source.close()
  }))

test('filters without a table are one layer, with a warning', () =>
  unpacked(fixtures, async (folder) => {
    const source = await open(join(folder, 'bare.h5'))
    assert.equal(
      source.models.map(({ name, convolutions }) => [name, convolutions.map(({ shape }) => shape)]),
      [['bare', [[1, 10, 3, 3]]]],
    )
    assert.match(source.warnings[0]!, /no table of layers/)
    await source.close()
  }))

async function refusal(opening: Promise<Source>): Promise<string> {
  try {
    await (await opening).close()
  } catch (error) {
    assert.instance(error, InputError)
    return (error as InputError).message
  }
  throw new Error('it was accepted')
}

test('what cannot be read is refused with the reason', () =>
  unpacked(fixtures, async (folder) => {
    assert.match(await refusal(open(join(folder, 'table_format.h5'))), /frame_table.*format='fixed'/)
    const bytes = readFileSync(join(folder, 'float64.h5'))
    assert.match(
      await refusal(openSource(memoryInput('half.h5', bytes.subarray(0, 500_000)))),
      /^half\.h5: is cut short or damaged/,
    )
    const beyond = Buffer.from(bytes)
    beyond.write('192:9999', beyond.indexOf('192:1215'), 'latin1')
    assert.match(
      await refusal(openSource(memoryInput('x.h5', beyond))),
      /row 1 of its table names filters 192 to 9999, but the file holds 1824/,
    )
    // An object of size 0 in the heap of the pickled cells: the HDF5 library itself would look at it for ever.
    const endless = Buffer.from(bytes)
    const heap = endless.indexOf('GCOL')
    const firstObject = Number(endless.readBigUInt64LE(heap + 24))
    endless.fill(0, heap + 32 + Math.ceil(firstObject / 8) * 8, heap + 48 + Math.ceil(firstObject / 8) * 8)
    assert.match(await refusal(openSource(memoryInput('x.h5', endless))), /its global heap has an object of 0 bytes/)
    const flat = readFileSync(join(folder, 'half.h5')) // in chunks, whose shape the library does not hold against the array's
    const shape = Buffer.from(new BigUint64Array([1824n, 3n, 3n]).buffer)
    const at = flat.indexOf(shape)
    for (const side of [8, 16]) {
      shape.copy(flat, at)
      flat[at + side] = 0
      assert.match(
        await refusal(openSource(memoryInput('x.h5', flat))),
        /shape \(1824, (0, 3|3, 0)\) of 2-byte numbers; filters are N × 3 × 3/,
      )
    }
    const scattered = Buffer.from(bytes)
    scattered.write('192;1215', scattered.indexOf('192:1215'), 'latin1')
    assert.match(await refusal(openSource(memoryInput('x.h5', scattered))), /row 1 of its table names no consecutive filters/)
  }))

test('filters before the first, and half filters, are no range', () => {
  const filters = {
    count: 90,
    height: 3,
    width: 3,
    bytesPerFilter: 36,
    weights: { access: memoryAccess('x', new Uint8Array(3240)), dtype: 'float32' },
  } as const
  const frameOf = (start: number, end: number, out: number): Frame => {
    const cells = new Map([
      ['filter_id_start', [start]],
      ['filter_id_end', [end]],
      ['out_channels', [out]],
    ])
    return { rows: 1, indexNames: [], index: [], columns: [...cells.keys()], cells }
  }
  for (const [start, end] of [
    [-9, 9],
    [0.5, 9.5],
    [81, 91],
  ] as const)
    assert.throws(() => datasetModels('x.h5', frameOf(start, end, 9), filters), /row 0 of its table names filters/)
  assert.equal(datasetModels('x.h5', frameOf(72, 90, 9), filters).models[0]!.convolutions[0]!.shape, [9, 2, 3, 3])
  assert.equal(datasetModels('x.h5', frameOf(72, 90, 4.5), filters).models[0]!.convolutions[0]!.shape, [1, 18, 3, 3])
})

test.run()
