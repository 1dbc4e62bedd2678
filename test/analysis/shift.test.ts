import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { coefficientBins, type LayerCoefficients, mergeHistograms } from '../../src/analysis/coefficients.ts'
import { densities, distributionShift } from '../../src/analysis/shift.ts'
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
    const [a, b] = [counts_a, counts_b].map((counts) => densities(mergeHistograms([layer(counts)], 9), range, math)!)
    const found = distributionShift(a!, b!, weights)
    assert.ok(relative(found.shift, shift) < 1e-12)
    for (let c = 0; c < 9; c++) assert.ok(relative(found.components[c]!, components[c]!) < 1e-12)
    assert.is(distributionShift(b!, a!, weights).shift, found.shift)
    assert.is(distributionShift(a!, a!, weights).shift, 0)
  }
})

test('a layer that counts twice is two layers', () => {
  const [first, second] = [layer(fixture.shift[0]!.counts_a), layer(fixture.shift[0]!.counts_b)]
  const twice = mergeHistograms([first, second], 9, [2, 1])
  assert.equal(twice, mergeHistograms([first, first, second], 9))
  assert.is(twice.filters, 2 * 3000 + 2000)
  assert.equal(mergeHistograms([first, second], 9, [1, 0]), mergeHistograms([first], 9))
})

test('no filters, no density; other kernels do not mix', () => {
  const none = mergeHistograms([], 9)
  assert.is(none.counts.length, 9 * coefficientBins)
  assert.is(densities(none, [-1, 1], math), null)
  assert.throws(() => mergeHistograms([layer(fixture.shift[0]!.counts_a)], 25), /9 and of 25/)
})

test.run()
