// A metric is one file: here is one, and everything that follows from it.
import { tableFromIPC } from 'apache-arrow'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../../src/analyze.ts'
import { memoryAccess } from '../../../src/io/random-access.ts'
import { aggregateLayers } from '../../../src/measure/aggregate.ts'
import { evaluateMetrics } from '../../../src/measure/metrics/evaluate.ts'
import type { LayerStatistics, Metric } from '../../../src/measure/metrics/metric.ts'
import { layerMetrics } from '../../../src/measure/metrics/registry.ts'
import { layersCsv, modelsCsv } from '../../../src/results/csv.ts'
import { exportTable } from '../../../src/results/export-formats.ts'
import { runTables } from '../../../src/results/export-run.ts'
import { recordJson } from '../../../src/results/json.ts'
import { layerTableBytes, modelTableBytes } from '../../../src/results/tables.ts'
import { readLayerTable, readModelTable } from '../../../src/results/tables-read.ts'
import { openInstance } from '../../../src/wasm/module.ts'
import { metricsTable } from '../../docs/markdown.ts'
import { someModels } from '../models.ts'

const mean_width = {
  name: 'mean_width',
  label: { long: 'mean width', short: 'width' },
  meaning: 'filters of an output channel',
  formula: 'n / O',
  source: 'this test',
  type: 'float64',
  format: 'number',
  range: { low: 1, high: null, words: '1 or more' },
  chance: null,
  undefinedWhen: 'O < 8',
  needs: ['filters', 'out_channels'],
  compute: ({ filters, out_channels }) => (out_channels < 8 ? { because: 'too narrow' } : filters / out_channels),
  overall: { rule: 'mean', words: 'mean weighted by output channels', weight: (layer) => layer.out_channels },
  compared: null,
} as const satisfies Metric

const metrics: readonly Metric[] = [...layerMetrics, mean_width]
const wasm = await openInstance()
const measured = await analyze(someModels(), { kernel: 'all' })
const layers = measured.layers.map((row) => {
  const [rows = 0, columns = 0] = row.kernel.split('x').map(Number)
  const statistics: LayerStatistics = {
    ...row,
    taps: rows * columns,
    height: rows,
    width: columns,
    deviation: 0,
    gram: undefined,
    nearest: undefined,
    spectrum: undefined,
    random: undefined,
    duplicates: undefined,
    ...{ zero_weights: 0, dead_outputs: 0, dead_inputs: 0 },
  }
  return { ...row, ...evaluateMetrics(statistics, wasm, measured.parameters.profile, undefined, metrics) }
})
const of = (row: object): unknown => (row as Record<string, unknown>)['mean_width']
const models = measured.models.map((row) => ({
  ...row,
  ...aggregateLayers(
    layers.filter(({ model }) => model === row.model),
    metrics,
  ),
}))
const analysis = { ...measured, layers, models }

test('its value or its reason stands in the row', () => {
  assert.ok(layers.some((row) => of(row) === row.filters / row.out_channels))
  assert.ok(layers.some((row) => of(row) === null))
  for (const row of layers) {
    const reasons = row.undefined_because as Readonly<Record<string, string>>
    assert.is(reasons['mean_width'], of(row) === null ? 'too narrow' : undefined)
  }
})

test('the Arrow table has its column, with nulls, and gives it back', async () => {
  const bytes = layerTableBytes(analysis, metrics)
  const table = tableFromIPC(bytes)
  const field = table.schema.fields.find(({ name }) => name === 'mean_width')!
  assert.is(String(field.type), 'Float64')
  assert.is(field.nullable, true)
  assert.equal(
    Array.from(table.getChild('mean_width')!, (value) => value as number | null),
    layers.map(of),
  )
  assert.equal(await readLayerTable(memoryAccess('layers.arrow', bytes), metrics), layers)
})

test('a model has it by its rule, in its row and in the table', async () => {
  for (const model of models) {
    const own = layers.filter((row) => row.model === model.model && of(row) !== null)
    const weight = own.reduce((sum, row) => sum + row.out_channels, 0)
    const sum = own.reduce((total, row) => total + row.out_channels * (of(row) as number), 0)
    assert.is(of(model), weight > 0 ? sum / weight : null)
  }
  const { models: back } = await readModelTable(memoryAccess('models.arrow', modelTableBytes(analysis, metrics)), metrics)
  assert.equal(back.map(of), models.map(of))
})

test('CSV, JSON and Parquet have it', () => {
  assert.match(
    [...layersCsv(layers, metrics)][0]!,
    /operator_norm_bound,distance_to_random,distance_to_random_chance,mean_width,node,undefined_because,flags\r\n/,
  )
  assert.match([...layersCsv(layers, metrics)].join(''), /mean_width: too narrow/)
  assert.match([...modelsCsv(models, metrics)][0]!, /overlap_over_chance,sphericity,mean_width/)
  const record = { ...analysis, layerCount: layers.length, flagged: new Map(), found: 0, resumed: 0 }
  const json = JSON.parse(recordJson(record, undefined, undefined, metrics)) as { layers: object[]; models: object[] }
  assert.equal(json.layers.map(of), layers.map(of))
  assert.equal(json.models.map(of), models.map(of))
  const [table] = runTables(analysis, metrics)
  assert.ok(Buffer.from(exportTable(table!, 'parquet')).includes('mean_width'))
})

test('the docs name it', () => {
  assert.match(metricsTable(metrics), /\| `mean_width` \| filters of an output channel \| n \/ O \| 1 or more \| – \| O < 8 \|/)
})

test.run()
