import { readFile } from 'node:fs/promises'
import * as flechette from '@uwdata/flechette'
import { tableFromIPC } from 'apache-arrow'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../src/analyze.ts'
import { batchOf, schemaOf } from '../../src/arrow/columns.ts'
import { columnsOf, readRows } from '../../src/arrow/fields.ts'
import { readArrowTable } from '../../src/arrow/table.ts'
import { arrowFileBytes } from '../../src/arrow/writer.ts'
import { type DatabaseLayer, databaseLayerFields } from '../../src/database/layer-columns.ts'
import { InputError, NonFiniteWeightError } from '../../src/errors.ts'
import { extract } from '../../src/extract.ts'
import { type Input, memoryAccess } from '../../src/io/random-access.ts'
import { layerTableBytes, modelTableBytes } from '../../src/results/tables.ts'
import { convolution, memoryFolder, memoryInput, safetensors, someModels } from '../measure/models.ts'

async function database(inputs: readonly Input[] = someModels()) {
  const folder = memoryFolder()
  const extraction = await extract(inputs, folder)
  const input = (file: string = 'filters.arrow'): Input => memoryInput(file, folder.files.get(file)!, folder)
  return { folder, extraction, input }
}

async function refusal(run: () => Promise<unknown>): Promise<string> {
  try {
    await run()
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
  throw new Error('it was accepted')
}

test('measuring a database gives the bytes that measuring its models gave, by whichever file it is named', async () => {
  const { input, extraction } = await database()
  assert.equal([extraction.models, extraction.layers, extraction.filters], [2, 5, 72103])
  const expected = await analyze(someModels())
  for (const file of ['filters.arrow', 'layers.arrow', 'models.arrow']) {
    const actual = await analyze([input(file)])
    assert.equal(layerTableBytes(actual), layerTableBytes(expected), file)
    assert.equal(modelTableBytes(actual), modelTableBytes(expected), file)
  }
})

test('the same of a network whose layers are shown by the nodes of its graph; a database without that column is read', async () => {
  const name = 'preact_w24_cifar10_normal.onnx'
  const models = async (): Promise<Input[]> => [memoryInput(name, new Uint8Array(await readFile(`data/${name}`)))]
  const { folder, input } = await database(await models())
  const expected = await analyze(await models())
  assert.ok(expected.layers.some(({ node }) => node !== null))
  assert.equal(layerTableBytes(await analyze([input()])), layerTableBytes(expected))
  const table = await readArrowTable(memoryAccess('layers.arrow', folder.files.get('layers.arrow')!))
  const { node: _, ...olderFields } = databaseLayerFields
  const columns = columnsOf(olderFields, readRows(databaseLayerFields, table))
  const schema = schemaOf(columns, Object.fromEntries(table.metadata))
  folder.files.set('layers.arrow', arrowFileBytes(schema, [batchOf(schema, columns)]))
  const older = await analyze([input()])
  assert.equal(
    older.layers,
    expected.layers.map((row) => ({ ...row, node: null })),
  )
})

test('a layer that runs over the end of a record batch is read whole', async () => {
  const models = () => [
    memoryInput(
      'big.safetensors',
      safetensors([convolution('a.weight', [600, 900, 3, 3], 1), convolution('b.weight', [1100, 1000, 3, 3], 2)]),
    ),
  ]
  const { folder, input } = await database(models())
  const batches = tableFromIPC(folder.files.get('filters.arrow')!).batches.map((batch) => batch.numRows)
  assert.equal(batches, [1048576, 591424])
  const only = { metrics: ['variance_entropy'] as const }
  assert.equal(layerTableBytes(await analyze([input()], only)), layerTableBytes(await analyze(models(), only)))
})

test('sparse filters by their numbers, as many as the metric counts, in a layer over several batches too', async () => {
  const folder = memoryFolder()
  const big = convolution('a.weight', [1100, 1000, 3, 3], 2)
  const models = () => [...someModels(), memoryInput('big.safetensors', safetensors([big]))]
  await extract(models(), folder, { sparseThreshold: 0.3 })
  const { layers } = await analyze(models(), { threshold: 0.3 })
  const table = tableFromIPC(folder.files.get('layers.arrow')!)
  const ids = table.getChild('sparse_ids')!
  assert.equal(
    layers.map(({ sparse_filters }) => sparse_filters),
    Array.from({ length: table.numRows }, (_, k) => (ids.get(k) as { length: number }).length),
  )
  assert.ok(layers.some(({ sparse_filters }) => sparse_filters > 0))
  for (let k = 0; k < table.numRows; k++) {
    const numbers = [...(ids.get(k) as Iterable<number>)]
    assert.ok(numbers.every((n, at) => Number.isInteger(n) && n < layers[k]!.filters && (at === 0 || n > numbers[at - 1]!)))
  }
  const again = await analyze([memoryInput('filters.arrow', folder.files.get('filters.arrow')!, folder)], { threshold: 0.3 })
  assert.is(again.layers.length, layers.length)
})

test('other readers open the three files', async () => {
  const { folder } = await database()
  const first = convolution('stem.weight', [16, 3, 3, 3], 1).values
  const filters = flechette.tableFromIPC(folder.files.get('filters.arrow')!)
  assert.is(filters.numRows, 72103)
  assert.equal([...filters.getChild('weights').at(1)!], [...first.subarray(9, 18)])
  const layers = flechette.tableFromIPC(folder.files.get('layers.arrow')!)
  assert.equal([...layers.getChild('filter_start')], [0, 48, 72048, 72080, 72096])
  assert.equal([...layers.getChild('layer')], ['stem.weight', 'wide.weight', 'depthwise.weight', 'zero.weight', 'conv.weight'])
  const models = tableFromIPC(folder.files.get('models.arrow')!)
  assert.equal([...models.getChild('model')!], ['a/net', 'b/net'])
  assert.equal([...models.getChild('file')!], ['runs/a/net.safetensors', 'runs/b/net.safetensors'])
  assert.match([...models.getChild('sha256')!][0], /^[0-9a-f]{64}$/)
})

test('Polars opens the three files', async () => {
  const polars = await import('nodejs-polars').catch(() => undefined)
  if (!polars) {
    console.log('skipped: Polars (nodejs-polars has no binary for this platform and Node)')
    return
  }
  const { folder } = await database()
  for (const [file, rows] of [
    ['filters.arrow', 72103],
    ['layers.arrow', 5],
    ['models.arrow', 2],
  ] as const) {
    assert.is(polars.default.readIPC(Buffer.from(folder.files.get(file)!)).height, rows, file)
  }
})

test('two extractions of the same models are the same bytes', async () => {
  const one = await database()
  const two = await database()
  for (const [file, bytes] of one.folder.files) assert.equal(two.folder.files.get(file), bytes, file)
})

test('a weight that is not finite ends the extraction and leaves nothing; or is listed', async () => {
  const bad = convolution('bad.weight', [4, 2, 3, 3], 9)
  bad.values[10] = Number.NEGATIVE_INFINITY
  const input = () => memoryInput('bad.safetensors', safetensors([convolution('good.weight', [4, 2, 3, 3], 8), bad]))
  const folder = memoryFolder()
  let thrown: unknown
  await extract([input()], folder).catch((error: unknown) => (thrown = error))
  assert.instance(thrown, NonFiniteWeightError)
  assert.is(folder.files.size, 0)
  const { layers, skipped } = await extract([input()], folder, { skipNonFinite: true })
  assert.is(layers, 1)
  assert.equal(
    skipped.map(({ reason }) => reason),
    ['the weight at index 10 is -Infinity'],
  )
  const good = memoryInput('good.safetensors', safetensors([convolution('good.weight', [4, 2, 3, 3], 8)]))
  const rest = memoryFolder()
  const { failed, models, filters } = await extract([input(), good], rest, { keepGoing: true })
  assert.equal([failed.length, models, filters], [1, 1, 8])
})

test('nothing to write is explained', async () => {
  const message = await refusal(() =>
    database([memoryInput('p.safetensors', safetensors([convolution('p.weight', [4, 4, 5, 5], 1)]))]),
  )
  assert.is(message, 'memory: nothing to write: no 3×3 layer was found; 1 left out: 1 Conv 5×5, not asked for (--kernel all)')
})

test('a database that was tampered with is refused with a sentence', async () => {
  const tamper = async (change: (rows: DatabaseLayer[]) => unknown): Promise<string> => {
    const { folder, input } = await database()
    const table = await readArrowTable(memoryAccess('layers.arrow', folder.files.get('layers.arrow')!))
    const rows = readRows(databaseLayerFields, table)
    change(rows)
    const columns = columnsOf(databaseLayerFields, rows)
    const schema = schemaOf(columns, Object.fromEntries(table.metadata))
    folder.files.set('layers.arrow', arrowFileBytes(schema, [batchOf(schema, columns)]))
    return refusal(() => analyze([input()]))
  }
  const put = (k: number, values: Partial<DatabaseLayer>) => (rows: DatabaseLayer[]) => (rows[k] = { ...rows[k]!, ...values })
  assert.match(await tamper(put(1, { filter_start: 47 })), /row 1 .* its filters start at 47, but those before it end at 48/)
  assert.match(await tamper(put(0, { filter_count: 49 })), /49 filters are not 16 × 3/)
  assert.match(
    await tamper(put(4, { in_channels: 9, filter_count: 9 })),
    /its filters end at 72105, but filters\.arrow holds 72103/,
  )
  assert.match(await tamper(put(0, { out_channels: -16, in_channels: -3 })), /a count is negative/)
  assert.match(await tamper(put(2, { model: 'other' })), /has a layer of a model other that models\.arrow does not list/)
  assert.match(await tamper((rows) => rows.pop()), /describes 72096 filters, but filters\.arrow holds 72103/)
  const { folder, input } = await database()
  const foreign = await database([memoryInput('x.safetensors', safetensors([convolution('x.weight', [2, 2, 3, 3], 1)]))])
  folder.files.set('models.arrow', foreign.folder.files.get('models.arrow')!)
  assert.match(await refusal(() => analyze([input()])), /was written with another filters\.arrow \(4 entries, not 72103\)/)
  folder.files.delete('layers.arrow')
  assert.match(await refusal(() => analyze([input()])), /is part of a filter database; layers\.arrow must lie beside it/)
})

test('a cut or damaged filters.arrow never gives numbers', async () => {
  const { folder, input } = await database()
  const whole = folder.files.get('filters.arrow')!
  for (const length of [8, 500, whole.length - 1, whole.length - 40]) {
    folder.files.set('filters.arrow', whole.subarray(0, length))
    await refusal(() => analyze([input('layers.arrow')]))
  }
})

test.run()
