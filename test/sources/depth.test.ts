import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { rankDepths } from '../../src/sources/depth.ts'

test('ranks distinct depths and norms them by the last rank', () => {
  const at = rankDepths([7, 0, 3, 3, 7])
  assert.equal(at(0), { conv_depth: 0, conv_depth_norm: 0 })
  assert.equal(at(3), { conv_depth: 1, conv_depth_norm: 0.5 })
  assert.equal(at(7), { conv_depth: 2, conv_depth_norm: 1 })
})

test('a single depth has no normalised depth', () => {
  assert.equal(rankDepths([4])(4), { conv_depth: 0, conv_depth_norm: null })
})

test('a depth that was not ranked is an error', () => {
  assert.throws(() => rankDepths([1])(2), /depth 2/)
})

test.run()
