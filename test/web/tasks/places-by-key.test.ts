import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { placesByKey } from '../../../src/web/tasks/places-by-key.ts'

test('places are in the order of their keys, rising or falling, equal keys by place; infinity is the largest', () => {
  let state = 1
  const keys = Float32Array.from({ length: 5000 }, (_, k) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return k % 50 === 0 ? 0 : k % 33 === 0 ? Number.POSITIVE_INFINITY : k % 7 === 0 ? 0.25 : state * 10 ** ((k % 60) - 35)
  })
  const places = Array.from(keys, (_, k) => k)
  const compared = (sign: number) =>
    [...places].sort((i, j) => (keys[i] === keys[j] ? i - j : sign * (keys[i]! < keys[j]! ? -1 : 1)))
  assert.equal([...placesByKey(keys)], compared(1))
  assert.equal([...placesByKey(keys, true)], compared(-1))
  assert.is(placesByKey(new Float32Array(0)).length, 0)
  assert.equal([...placesByKey(Float32Array.of(1, 0, 2), true)], [2, 0, 1])
})

test.run()
