import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { aggregateLayers } from '../../src/measure/aggregate.ts'
import { blankMetrics, blankOverall } from './blank-metrics.ts'

test('each metric has the weight the reference gives it', () => {
  const sum = aggregateLayers([
    { ...blankMetrics, filters: 100, sparse_filters: 50, variance_entropy: 0.5, orthogonality: 0.8, out_channels: 10 },
    { ...blankMetrics, filters: 300, sparse_filters: 0, variance_entropy: 0.9, orthogonality: 0.4, out_channels: 30 },
  ])
  assert.equal(sum, {
    layers: 2,
    filters: 400,
    ...blankOverall,
    sparse_filters: 50,
    sparsity: 50 / 400,
    variance_entropy: (50 * 0.5 + 300 * 0.9) / 350,
    orthogonality: (10 * 0.8 + 30 * 0.4) / 40,
  })
})

test('a null value leaves both sums', () => {
  const sum = aggregateLayers([
    { ...blankMetrics, filters: 8, sparse_filters: 8, variance_entropy: null, orthogonality: null, out_channels: 1 },
    { ...blankMetrics, filters: 8, sparse_filters: 0, variance_entropy: 0.25, orthogonality: 0.75, out_channels: 8 },
  ])
  assert.is(sum.sparsity, 0.5)
  assert.is(sum.variance_entropy, 0.25)
  assert.is(sum.orthogonality, 0.75)
})

test('no layers have no metrics', () => {
  assert.equal(aggregateLayers([]), {
    layers: 0,
    filters: 0,
    ...blankOverall,
  })
})

test.run()
