import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bootstrapMeans } from '../../src/analysis/bootstrap.ts'
import { quantile } from '../../src/shift/quantile.ts'
import { randomWords } from '../../src/shift/random.ts'
import { fixture } from './statistics-fixture.ts'

test('the generator gives whole 32-bit words, another stream for another seed', () => {
  const next = randomWords(1)
  const words = Array.from({ length: 1000 }, next)
  assert.ok(words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32))
  assert.is(new Set(words).size, 1000)
  const mean = words.reduce((sum, word) => sum + word, 0) / 1000 / 2 ** 32
  assert.ok(Math.abs(mean - 0.5) < 0.03)
  assert.not.equal(Array.from({ length: 4 }, randomWords(2)), words.slice(0, 4))
})

test('intervals are those of the same generator written in Python, by numpy.quantile', () => {
  for (const { values, seed, resamples, interval } of fixture.bootstrap) {
    const found = bootstrapMeans({ seed, resamples })(values)!
    for (const k of [0, 1])
      assert.ok(Math.abs(found[k]! - interval[k]!) < 1e-14, `n ${values.length}: ${found}, expected ${interval}`)
  }
})

test('the interval covers the true mean about as often as it says', () => {
  const next = randomWords(99)
  const interval = bootstrapMeans({ resamples: 1000 })
  let covered = 0
  for (let round = 0; round < 400; round++) {
    const values = Array.from({ length: 40 }, () => next() / 2 ** 32)
    const [low, high] = interval(values)!
    if (low <= 0.5 && 0.5 <= high) covered++
  }
  assert.ok(covered > 0.9 * 400 && covered < 0.99 * 400, `${covered} of 400`)
})

test('same values, same interval, whatever was asked before', () => {
  const values = fixture.bootstrap[2]!.values
  const shared = bootstrapMeans()
  shared(values.slice(0, 10))
  assert.equal(shared(values), bootstrapMeans()(values))
})

test('one value has no interval; equal values a point', () => {
  assert.is(bootstrapMeans()([1]), null)
  assert.is(bootstrapMeans()([]), null)
  assert.equal(bootstrapMeans()([2, 2, 2]), [2, 2])
})

test('quantiles interpolate between order statistics', () => {
  assert.is(quantile([1, 2, 4], 0.5), 2)
  assert.is(quantile([1, 2, 4], 0.75), 3)
  assert.is(quantile([7], 0.9), 7)
  assert.is(quantile([1, 2], 1), 2)
})

test.run()
