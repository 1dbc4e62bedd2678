import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bucketIndex, byBucket } from '../../src/analysis/depth.ts'

test('conv_depth 0 is in the first bucket only, whatever its normalised depth', () => {
  assert.is(bucketIndex({ conv_depth: 0, conv_depth_norm: 0 }), 0)
  assert.is(bucketIndex({ conv_depth: 0, conv_depth_norm: null }), 0)
})

test('bins are open below and closed above, on the edges numpy has', () => {
  const at = (conv_depth_norm: number) => bucketIndex({ conv_depth: 1, conv_depth_norm })
  assert.is(at(0.05), 1)
  assert.is(at(0.1), 1)
  assert.is(at(0.10000000000000002), 2)
  assert.is(at(0.3), 3)
  assert.is(at(0.1 + 0.2), 3) // 0.30000000000000004, the edge itself
  assert.is(at(3 / 10), 3)
  assert.is(at(6 / 10), 6)
  assert.is(at(1), 10)
})

test('every rank of every count of depths up to 110 falls as by numpy.digitize on linspace(0, 1, 11)', () => {
  // numpy.linspace(0, 1, 11)[k] is k · 0.1 in double, with 1 at the end.
  const edges = Array.from({ length: 11 }, (_, k) => (k === 10 ? 1 : k * 0.1))
  for (let last = 1; last < 110; last++) {
    for (let rank = 1; rank <= last; rank++) {
      const norm = rank / last
      const expected = edges.findIndex((edge, k) => k > 0 && norm > edges[k - 1]! && norm <= edge)
      assert.is(bucketIndex({ conv_depth: rank, conv_depth_norm: norm }), expected)
    }
  }
})

test('a layer of unknown depth is in no bucket', () => {
  assert.is(bucketIndex({ conv_depth: 3, conv_depth_norm: null }), null)
  const layers = [
    { conv_depth: 1, conv_depth_norm: 1 },
    { conv_depth: 0, conv_depth_norm: 0 },
    { conv_depth: 3, conv_depth_norm: null },
  ]
  assert.equal(
    byBucket(layers).map((list) => list.length),
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  )
})

test.run()
