import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compareModels } from '../../src/analysis/compare-models.ts'
import { layerRow } from './synthetic.ts'

const base = { filters: 100, in_channels: 10, out_channels: 10, sparse_filters: 10, variance_entropy: 0.5, orthogonality: 0.7 }
const layer = (name: string, more: Partial<typeof base> = {}) =>
  layerRow({ model: 'm', layer: name, ...base, ...more, sparsity: (more.sparse_filters ?? 10) / 100 })

test('layers of the same name belong together, in the order of the first model', () => {
  const found = compareModels(
    { model: 'a', layers: [layer('x'), layer('y'), layer('gone')] },
    { model: 'b', layers: [layer('new'), layer('y', { sparse_filters: 30 }), layer('x', { variance_entropy: 0.75 })] },
  )
  assert.is(found.matched_by, 'name')
  assert.equal(
    found.layers.map(({ layer_a, layer_b }) => [layer_a, layer_b]),
    [
      ['x', 'x'],
      ['y', 'y'],
    ],
  )
  assert.is(found.layers[0]!.metrics.variance_entropy.difference, 0.25)
  assert.ok(Math.abs(found.layers[1]!.metrics.sparsity.difference! - 0.2) < 1e-15)
  assert.equal([found.only_a, found.only_b], [['gone'], ['new']])
  assert.equal(found.warnings, ['1 layers are in a only', '1 layers are in b only'])
  assert.is(found.metrics.sparsity.a, 30 / 300)
})

test('without a common name, by order', () => {
  const found = compareModels(
    { model: 'a', layers: [layer('conv1'), layer('conv2')] },
    { model: 'b', layers: [layer('p'), layer('q'), layer('r')] },
  )
  assert.is(found.matched_by, 'order')
  assert.equal(
    found.layers.map(({ layer_a, layer_b }) => [layer_a, layer_b]),
    [
      ['conv1', 'p'],
      ['conv2', 'q'],
    ],
  )
  assert.equal(found.only_b, ['r'])
  assert.is(
    found.warnings[0],
    'few layers have the same name in both models, so layers are matched by their filters, shapes and order',
  )
})

test('layers of other shapes stand beside each other, without a difference and with the reason', () => {
  const found = compareModels(
    { model: 'a', layers: [layer('x')] },
    { model: 'b', layers: [layer('x', { out_channels: 20, filters: 200 })] },
  )
  const [row] = found.layers
  assert.is(row!.because, 'the shapes differ: 10×10×3×3 and 20×10×3×3')
  assert.equal(row!.metrics.orthogonality, { a: 0.7, b: 0.7, difference: null })
  assert.equal(found.warnings, ['1 of 1 matched layers differ in shape and are not compared'])
})

test('a value that is undefined has no difference', () => {
  const found = compareModels(
    { model: 'a', layers: [layerRow({ model: 'a', layer: 'x', ...base, orthogonality: null })] },
    { model: 'b', layers: [layer('x')] },
  )
  assert.equal(found.layers[0]!.metrics.orthogonality, { a: null, b: 0.7, difference: null })
  assert.is(found.layers[0]!.because, null)
})

test('models without layers', () => {
  const found = compareModels({ model: 'a', layers: [] }, { model: 'b', layers: [layer('x')] })
  assert.equal([found.layers, found.only_b], [[], ['x']])
  assert.is(found.metrics.sparsity.a, null)
})

test('layers of one name twice are matched in turn', () => {
  const found = compareModels(
    { model: 'a', layers: [layer('x'), layer('x')] },
    { model: 'b', layers: [layer('x'), layer('x', { sparse_filters: 20 })] },
  )
  assert.equal(
    found.layers.map(({ metrics }) => metrics.sparsity.b),
    [0.1, 0.2],
  )
})

test.run()
