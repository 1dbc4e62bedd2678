import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as words from '../src/words.ts'

test('numbers as a person reads them', () => {
  assert.is(words.fixed(-0.0004), '0.000')
  assert.is(words.fixed(-1.5, 1), '−1.5')
  assert.is(words.fixed(null), '–')
  assert.is(words.signed(0.07, 2), '+0.07')
  assert.is(words.signed(0.001, 2), '0.00')
  assert.is(words.percent(0.0945), '9.4\u2009%')
  assert.is(words.percent(0.0001), '< 0.1\u2009%')
  assert.is(words.percent(0), '0.0\u2009%')
  assert.is(words.points(-0.3003), '−30.0 points')
  assert.is(words.points(0.00003), '+0.003 points')
  assert.is(words.pointInterval([0, 0.0001]), '[0.000, +0.010]')
  assert.is(words.count(615863744), '615,863,744')
  assert.is(words.shortCount(615863744), '616 M')
  assert.is(words.shortCount(29_100_000), '29.1 M')
  assert.is(words.shortCount(274_176), '274 k')
  assert.is(words.shortCount(68_608), '68,608')
})

test('p values: never rounded across the line', () => {
  assert.is(words.pValue(0.0004), 'p < 0.001')
  assert.is(words.pValue(0.031), 'p = 0.031')
  assert.is(words.pNumber(0.0497), '0.0497')
  assert.is(words.pNumber(0.0503), '0.0503')
  assert.is(words.pNumber(0.2), '0.20')
  assert.is(words.pNumber(0.998), '0.9980')
  assert.is(words.pNumber(1), '1')
  assert.is(words.pNumber(null), '–')
  assert.is(words.pValue(null), 'not tested')
})

test('plurals, lists, long names', () => {
  assert.is(words.plural(1, 'pair'), '1 pair')
  assert.is(words.plural(0, 'pair'), 'no pairs')
  assert.is(words.plural(1234, 'layer'), '1,234 layers')
  assert.is(words.list([]), '')
  assert.is(words.list(['a', 'b', 'c'], 'or'), 'a, b or c')
  assert.is(words.shorten('robustbench_Andriushchenko2020_linf', 15), 'robustb…20_linf')
  assert.is(words.shorten('short', 15), 'short')
})

test('weights are printed in few digits, with a true minus', () => {
  const expected: readonly (readonly [number, string])[] = [
    [0, '0'],
    [-0, '0'],
    [0.123456, '0.123'],
    [-0.123456, '−0.123'],
    [12.3456, '12.3'],
    [0.000012, '1.2e-5'],
    [-0.000012, '−1.2e-5'],
    [154321.4, '154,321'],
    [-1234, '−1,234'],
    [3e9, '3.0e+9'],
  ]
  for (const [value, text] of expected) assert.is(words.weight(value), text)
})

test.run()
