import { tableFromIPC, tableToIPC } from 'apache-arrow'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../../src/analyze.ts'
import type { GivenFile } from '../../../src/inputs/given-inputs.ts'
import { memoryOutput } from '../../../src/io/memory-folder.ts'
import { inMemory } from '../../../src/measure/layer-source.ts'
import { layerTableBytes, skippedTableBytes, tableFiles } from '../../../src/results/tables.ts'
import { writeResults } from '../../../src/results/write-results.ts'
import { moduleSha256 } from '../../../src/wasm/module.ts'
import { checkStored, storedGroups, storedModel, storedToLookAt, withLayers } from '../../../src/web/tasks/stored-layers.ts'
import { modelRow, syntheticAnalysis } from '../../analysis/synthetic.ts'
import { memoryFolder, someModels } from '../../measure/models.ts'

const made = syntheticAnalysis(
  ['one', 'two', 'three'].map((name) => modelRow(name)),
  6,
)
const analysis = {
  ...made,
  parameters: { ...made.parameters, kernel_sha256: moduleSha256 },
  layers: made.layers.map((row) => (row.model === 'two' ? { ...row, flags: { sparsity: 'all are zero' } } : row)),
}

async function stored() {
  const folder = memoryOutput('results')
  const facts = { command: 'test', finished: '2026-01-01T00:00:00Z', machine: {}, license: 'https://x.org/' }
  await writeResults(folder, { analysis, inputs: null }, facts)
  const files = [...folder.files()].map(([path, bytes]): GivenFile => ({ path: `r/${path}`, blob: new Blob([bytes.slice()]) }))
  return { name: 'r', folder: 'r', files }
}

test('results whose layers stay in their table: checked, and read model by model', async () => {
  const table = await stored()
  const { held, toLookAt } = await checkStored(table)
  assert.match(held.resultsSha256!, /^[0-9a-f]{64}$/)
  assert.equal([...toLookAt], [['two', 6]])
  const { layers, skipped, firstFilters } = await storedModel(table, 'two')
  assert.equal(
    layers.map(({ model, layer_id }) => [model, layer_id]),
    analysis.layers.filter(({ model }) => model === 'two').map(({ model, layer_id }) => [model, layer_id]),
  )
  assert.equal(skipped, [])
  assert.equal(firstFilters, [])
  assert.is(await storedGroups(table), null)
})

test('one bit of the layer table, and they are not what was written', async () => {
  const table = await stored()
  const files: GivenFile[] = []
  for (const file of table.files) {
    if (!('blob' in file)) continue
    const bytes = new Uint8Array(await file.blob.arrayBuffer())
    if (file.path === 'r/layers.arrow') bytes[bytes.length >> 1]! ^= 1
    files.push({ path: file.path, blob: new Blob([bytes]) })
  }
  await checkStored({ ...table, files }).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /layers\.arrow: has been changed/),
  )
})

test('a run of models in memory and of others in a table, under the names that they have in the page', async () => {
  const table = await stored()
  const here = syntheticAnalysis([modelRow('here')], 2)
  const names = new Map([
    ['two', 'two (2)'],
    ['three', 'three'],
  ])
  const run = await withLayers(here, [{ table, names }], async (open) => ({
    all: await inMemory(open),
    of: await gathered(open.layers.metricsOf('two (2)')),
  }))
  assert.equal([...new Set(run.all.layers.map(({ model }) => model))], ['here', 'two (2)', 'three'])
  assert.is(run.of.length, 6)
  assert.ok(run.of.every(({ model }) => model === 'two (2)'))
})

test('layers to look at in a table that was written before flags were stored: counted by what follows from its columns', async () => {
  const found = await analyze(someModels(), { kernel: 'all' })
  const flagged = new Map<string, number>()
  for (const { model, flags } of found.layers)
    if (Object.keys(flags).length > 0) flagged.set(model, (flagged.get(model) ?? 0) + 1)
  assert.ok(flagged.size > 0)
  const table = tableFromIPC(layerTableBytes(found))
  const older = tableToIPC(table.select(table.schema.names.filter((name) => name !== 'flags')), 'file')
  for (const bytes of [layerTableBytes(found), older]) {
    const folder = memoryFolder()
    folder.files.set(tableFiles.layers, bytes)
    folder.files.set(tableFiles.skipped, skippedTableBytes(found))
    assert.equal(await storedToLookAt(folder), flagged)
  }
})

async function gathered<Row>(batches: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const all: Row[] = []
  for await (const rows of batches) all.push(...rows)
  return all
}

test.run()
