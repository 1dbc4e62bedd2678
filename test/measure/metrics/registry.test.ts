import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { evaluateMetrics } from '../../../src/measure/metrics/evaluate.ts'
import type { LayerStatistics, Metric, MetricMath, Need } from '../../../src/measure/metrics/metric.ts'
import { onlyInOlderTables } from '../../../src/measure/metrics/older.ts'
import { chanceLevel, comparedMetrics, layerMetrics, nullableMetrics, passesFor } from '../../../src/measure/metrics/registry.ts'
import { emptyMoments, type Moments } from '../../../src/wasm/moments.ts'

const metrics: readonly Metric[] = layerMetrics

const moments = (count: number): Moments => ({
  count,
  mean: Float64Array.from({ length: 9 }, (_, k) => k / 9),
  scatter: Float64Array.from({ length: 81 }, (_, k) => (k % 10 === 0 ? 1 + k : 0)),
})

const layer: LayerStatistics = {
  out_channels: 4,
  filters: 12,
  taps: 9,
  height: 3,
  width: 3,
  peak: 1,
  sparse_filters: 3,
  scaled: moments(9),
  raw: moments(12),
  clean: moments(9),
  norm_l1: 40,
  deviation: 30,
  zero_weights: 5,
  dead_outputs: 1,
  dead_inputs: 0,
  gram: 2,
  nearest: 0.5,
  spectrum: { norm: 2, within: 0 },
  random: { shift: 0.5, chance: 0.1 },
  duplicates: 2,
}

const math: MetricMath = { varianceEntropy: () => 0.5, randomEntropy: () => 0.8 }

test('a metric takes from the pass what it says it needs, and nothing else', () => {
  for (const metric of metrics)
    for (const profile of ['cvprw22', 'torchconvquality'] as const) {
      const watched = new Proxy(layer, {
        get(target, name: Need) {
          assert.ok(metric.needs.includes(name), `${metric.name} reads ${name}`)
          return target[name]
        },
      })
      assert.type(metric.compute(watched, math, profile), 'number', metric.name)
    }
})

test('a metric that says it is never undefined has a value in a layer without filters, and needs no pass of its own', () => {
  const empty: LayerStatistics = {
    ...layer,
    out_channels: 0,
    filters: 0,
    peak: 0,
    sparse_filters: 0,
    scaled: emptyMoments(9),
    raw: emptyMoments(9),
    clean: emptyMoments(9),
    norm_l1: 0,
    deviation: 0,
    gram: undefined,
    nearest: undefined,
    spectrum: undefined,
    random: undefined,
    duplicates: undefined,
  }
  for (const metric of metrics) {
    const outcome = metric.compute(empty, math, 'cvprw22')
    const always = metric.undefinedWhen === null || metric.undefinedWhen === onlyInOlderTables
    assert.is(typeof outcome === 'number', always, metric.name)
    if (metric.undefinedWhen === null) assert.is(passesFor(new Set([metric.name])).size, 0, metric.name)
  }
})

test('names are those of columns, and none stands twice', () => {
  for (const { name } of metrics) assert.match(name, /^[a-z][a-z0-9_]*$/)
  assert.is(new Set(metrics.map(({ name }) => name)).size, metrics.length)
  assert.equal([...comparedMetrics], ['sparsity', 'variance_entropy', 'orthogonality'])
  assert.not(nullableMetrics.includes('peak' as never))
})

test('what was not asked for is null and says so; the Gram pass is for orthogonality alone', () => {
  const values = evaluateMetrics(layer, math, 'cvprw22', new Set(['sparsity']))
  assert.is(values.sparsity, 0.25)
  assert.is(values.peak, 1)
  assert.is(values.orthogonality, null)
  assert.is(values.undefined_because.orthogonality, 'not asked for')
  assert.equal([...passesFor(new Set(['orthogonality', 'sparsity']))], ['gram'])
  assert.equal([...passesFor(new Set(['sparsity', 'variance_entropy']))], [])
})

test('levels of chance: from the shape, from other metrics, or none', () => {
  const row = {
    ...evaluateMetrics(layer, math, 'cvprw22'),
    kernel: '3x3',
    in_channels: 3,
    out_channels: 4,
    filters: 12,
  }
  assert.is(chanceLevel('sparsity', row), null)
  assert.ok(Math.abs(chanceLevel('variance_entropy', row)! - 0.8) < 1e-12)
  assert.is(chanceLevel('variance_entropy', { ...row, variance_entropy_clean_norm: null }), null)
  // 1 - Γ(d/2) / (√π·Γ((d+1)/2)) for d = 27, by the recurrence of Γ
  let ratio = Math.sqrt(Math.PI) // Γ(1/2) / Γ(1)
  for (let d = 1; d < 27; d += 2) ratio *= d / 2 / ((d + 1) / 2)
  assert.ok(Math.abs(chanceLevel('orthogonality', row)! - (1 - ratio / Math.sqrt(Math.PI))) < 1e-4)
  assert.is(chanceLevel('orthogonality', { ...row, out_channels: 1 }), null)
})

test.run()
