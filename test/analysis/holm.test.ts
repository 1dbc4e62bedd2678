import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { holm } from '../../src/analysis/holm.ts'

test('multiplies the smallest by the number of tests, the next by one less, and never falls', () => {
  assert.equal(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
})

test('never exceeds 1, keeps order under ties', () => {
  assert.equal(holm([0.5, 0.5, 0.9]), [1, 1, 1])
})

test('a test that was not made is not counted', () => {
  assert.equal(holm([null, 0.01, null, 0.02]), [null, 0.02, null, 0.02])
  assert.equal(holm([]), [])
})

test.run()
