import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { coefficientBins, type LayerCoefficients } from '../../src/analysis/coefficients.ts'
import { HistogramSum } from '../../src/analysis/histogram-sum.ts'
import { densities, distributionShift } from '../../src/shift/shift.ts'
import { sharedInstance } from '../../src/wasm/module.ts'
import { fixture, relative } from './statistics-fixture.ts'

const { math } = sharedInstance()

function layer(counts: readonly (readonly number[])[]): LayerCoefficients {
  return {
    model: 'm',
    layer_id: 0,
    filters: counts[0]!.reduce((sum, x) => sum + x, 0),
    counts: Float64Array.from(counts.flat()),
    min: new Float64Array(counts.length).fill(-1),
    max: new Float64Array(counts.length).fill(1),
  }
}

test('the shift is that of numpy.histogram and scipy.stats.entropy', () => {
  for (const { range, weights, counts_a, counts_b, components, shift } of fixture.shift) {
    const [a, b] = [counts_a, counts_b].map((counts) => densities(layer(counts), range, math)!)
    const found = distributionShift(a!, b!, weights)
    assert.ok(relative(found.shift, shift) < 1e-12)
    for (let c = 0; c < 9; c++) assert.ok(relative(found.components[c]!, components[c]!) < 1e-12)
    assert.is(distributionShift(b!, a!, weights).shift, found.shift)
    assert.is(distributionShift(a!, a!, weights).shift, 0)
  }
})

test('a layer that counts twice is two layers', () => {
  const [first, second] = [layer(fixture.shift[0]!.counts_a), layer(fixture.shift[0]!.counts_b)]
  const twice = new HistogramSum(9)
  twice.add(first, 2)
  twice.add(second)
  const one = new HistogramSum(9)
  for (const set of [first, first, second]) one.add(set)
  assert.equal(twice, one)
  assert.is(twice.filters, 2 * 3000 + 2000)
})

test('no filters, no density; other kernels do not mix', () => {
  const none = new HistogramSum(9)
  assert.is(none.counts.length, 9 * coefficientBins)
  assert.is(densities(none, [-1, 1], math), null)
  assert.throws(() => new HistogramSum(25).add(layer(fixture.shift[0]!.counts_a)), /9 and of 25/)
})

test.run()
