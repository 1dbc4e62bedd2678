import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { layerFlags } from '../../src/measure/flags.ts'
import type { LayerMetrics } from '../../src/measure/layer-row.ts'
import { blankMetrics } from './blank-metrics.ts'

const healthy: LayerMetrics = {
  model: 'm',
  layer: 'w',
  layer_id: 0,
  node: null,
  kernel: '3x3',
  depth: 0,
  conv_depth: 0,
  conv_depth_norm: 0,
  in_channels: 8,
  out_channels: 8,
  groups: 1,
  filters: 64,
  ...blankMetrics,
  peak: 1,
  sparse_filters: 0,
  sparsity: 0,
  variance_entropy: 0.9,
  variance_entropy_raw: 0.88,
  variance_entropy_raw_norm: 0.97,
  variance_entropy_clean: 0.88,
  variance_entropy_clean_norm: 0.97,
  orthogonality: 0.9,
  norm_l1: 1,
  norm_l2: 1,
  norm_l1_standardised: 1,
  norm_l2_standardised: 1,
}
const flagged = (change: Partial<LayerMetrics>): string[] => Object.keys(layerFlags({ ...healthy, ...change }))

test('a healthy layer has no flag', () => {
  assert.equal(flagged({}), [])
})

test('each metric has its own flag, at its own limit', () => {
  assert.equal(flagged({ sparsity: 0.3948 }), [])
  assert.equal(flagged({ sparsity: 0.3949 }), ['sparsity'])
  assert.equal(flagged({ variance_entropy: 0.46 }), [])
  assert.equal(flagged({ variance_entropy: 0.45 }), ['variance_entropy'])
  assert.equal(flagged({ orthogonality: 0.5 }), [])
  assert.equal(flagged({ orthogonality: 0.49 }), ['orthogonality'])
})

test('few filters are not judged by their entropy', () => {
  assert.equal(flagged({ variance_entropy: 0.1, sparse_filters: 49 }), [])
})

test('filters that are one pattern are flagged, though their entropy tells no level of random ones', () => {
  const none = { variance_entropy: 0, variance_entropy_clean: 0, variance_entropy_clean_norm: 0 }
  assert.equal(flagged(none), ['variance_entropy'])
  assert.equal(flagged({ ...none, kernel: '1x1' }), [], 'one weight has no pattern')
  assert.equal(flagged({ ...none, sparse_filters: 49 }), [], 'few filters')
})

test('a layer that has no room for orthogonal channels is not blamed for it', () => {
  assert.equal(flagged({ orthogonality: 0.3, in_channels: 1, out_channels: 9 }), ['orthogonality'])
  assert.equal(flagged({ orthogonality: 0.3, in_channels: 1, out_channels: 10 }), [])
  assert.equal(flagged({ orthogonality: 0.3, in_channels: 1, out_channels: 10, kernel: '5x5' }), ['orthogonality'])
})

test('few filters look untrained only where the test of sphericity has nothing against it', () => {
  const sphere = (filters: number, chiSquared: number) => flagged({ filters, sphericity: (2 * chiSquared) / (9 * filters) })
  // p of χ² with 44 degrees of freedom: .92 of 32, .024 of 64, .0024 of 75
  assert.equal(sphere(32, 32), ['variance_entropy'])
  assert.equal(sphere(32, 64), [])
  assert.equal(sphere(255, 75), [])
  assert.equal(sphere(256, 75), ['variance_entropy'])
  assert.equal(sphere(4096, 200), [])
})

test('undefined metrics raise no flag', () => {
  assert.equal(
    flagged({
      sparsity: null,
      variance_entropy: null,
      variance_entropy_clean: null,
      variance_entropy_clean_norm: null,
      orthogonality: null,
    }),
    [],
  )
})

test.run()
