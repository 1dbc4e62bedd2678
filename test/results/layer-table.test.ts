import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { groupsOfRun } from '../../src/analysis/analyze-groups.ts'
import { groupAnalysis } from '../../src/analysis/group-analysis.ts'
import { InputError } from '../../src/errors.ts'
import { memoryAccess } from '../../src/io/random-access.ts'
import type { LayerRow } from '../../src/measure/layer-row.ts'
import { layersByModel, streamed } from '../../src/measure/layer-source.ts'
import type { Metric } from '../../src/measure/metrics/metric.ts'
import { layerMetrics } from '../../src/measure/metrics/registry.ts'
import { openLayerTable } from '../../src/results/layer-table.ts'
import { layerTableBytes, skippedTableBytes } from '../../src/results/tables.ts'
import { modelRow, syntheticAnalysis } from '../analysis/synthetic.ts'

const names = Array.from({ length: 200 }, (_, k) => `model${k}`)
const rows = names.map((name, k) =>
  modelRow(name, { Robust: k % 2 === 1, Dataset: k % 5 === 0 ? 'x' : 'y', 'Robust Accuracy': k % 2 === 1 ? 40 + k / 10 : null }),
)
const analysis = syntheticAnalysis(rows, 14)
const table = memoryAccess('layers.arrow', layerTableBytes(analysis))

async function all<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const found: T[] = []
  for await (const batch of batches) for (const row of batch) found.push(row)
  return found
}

test('a table gives its rows batch by batch, as often as they are asked for', async () => {
  const layers = await openLayerTable(table)
  assert.is(layers.count, 2800)
  const sizes: number[] = []
  for await (const batch of layers.rows()) sizes.push(batch.length)
  assert.equal(sizes, [1024, 1024, 752])
  for (let k = 0; k < 2; k++) assert.equal(await all(layers.rows()), analysis.layers)
  const metrics = await all(layers.metrics())
  assert.equal(
    metrics,
    analysis.layers.map(({ scaled: _s, raw: _r, clean: _c, ...row }) => row),
  )
})

test('the layers of a model are found wherever they lie, across batches too', async () => {
  const layers = await openLayerTable(table)
  const byModel = layersByModel(analysis.layers)
  for (const name of ['model73', 'model0', 'model199', 'model73', 'model146'])
    assert.equal(await all(layers.of(name)), byModel.get(name))
  assert.equal(await all(layers.metricsOf('no such model')), [])
  const mixed = [...analysis.layers].sort((a, b) => a.layer_id - b.layer_id)
  const other = await openLayerTable(memoryAccess('layers.arrow', layerTableBytes({ ...analysis, layers: mixed })))
  assert.equal(await all(other.of('model73')), byModel.get('model73'))
})

test('only what is asked for is read', async () => {
  let read = 0
  const counting = {
    ...table,
    read: (offset: number, length: number, into?: Uint8Array) => {
      read += length
      return table.read(offset, length, into)
    },
  }
  const layers = await openLayerTable(counting)
  read = 0
  await all(layers.metrics())
  assert.ok(read < table.byteLength / 8, `${read} of ${table.byteLength} bytes`)
})

test('a metric that an older table lacks is computed, whether or not the moments are asked for', async () => {
  const older = layerMetrics.filter((metric: Metric) => metric.inOlderTables === undefined)
  const bytes = layerTableBytes(analysis, older)
  const layers = await openLayerTable(memoryAccess('layers.arrow', bytes))
  const whole = await all(layers.rows())
  const metrics = await all(layers.metrics())
  assert.is(metrics.length, 2800)
  metrics.forEach(({ symmetry, frequency, zero_weights }, k) => {
    assert.ok(symmetry! > 0 && symmetry! <= 1, `${symmetry}`)
    assert.equal([symmetry, frequency, zero_weights], [whole[k]!.symmetry, whole[k]!.frequency, null])
  })
})

test('another table, and a cut one, are refused', async () => {
  const message = async (bytes: Uint8Array): Promise<string> => {
    try {
      await all((await openLayerTable(memoryAccess('t', bytes))).rows())
      return 'read'
    } catch (error) {
      if (error instanceof InputError) return error.message
      throw error
    }
  }
  assert.match(await message(skippedTableBytes(analysis)), /is a table of kind results.skipped, not results.layers/)
  const bytes = layerTableBytes(analysis)
  assert.not.match(await message(bytes.subarray(0, bytes.length >> 1)), /^read$/)
})

test('groups of a table are those of the rows in memory, bit for bit', async () => {
  const pairs = Array.from({ length: 90 }, (_, k) => ({
    a: names[2 * (k % 60)]!,
    b: names[2 * k + 1]!,
    architecture: null,
    dataset: null,
  }))
  const bootstrap = { resamples: 100 }
  const fromMemory = groupAnalysis({ analysis, pairs, bootstrap })
  const fromTable = await groupsOfRun({ ...streamed(analysis), layers: await openLayerTable(table) }, null, { pairs, bootstrap })
  assert.equal(fromTable, fromMemory)
  // An analysis that is put together by hand may hold its rows in any order: of each model it is theirs that counts.
  const mixed: LayerRow[] = [...analysis.layers].sort((a, b) => a.layer_id - b.layer_id)
  assert.equal(groupAnalysis({ analysis: { ...analysis, layers: mixed }, pairs, bootstrap }), fromMemory)
})

test.run()
