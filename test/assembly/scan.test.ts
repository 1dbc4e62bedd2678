import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openInstance } from '../../src/wasm/module.ts'
import { randomNumbers, relative } from './data.ts'

const wasm = await openInstance()

function load(values: ArrayLike<number>): number {
  const address = wasm.reserve(4 * values.length + 16)
  wasm.f32(address, values.length).set(values)
  return address
}

test('peak and sums of any number of weights', () => {
  for (let n = 0; n < 40; n++) {
    const values = randomNumbers(n, n + 1)
    const { peak, sum, absoluteSum } = wasm.scan(load(values), n)
    assert.is(
      peak,
      values.reduce((top, x) => Math.max(top, Math.abs(x)), 0),
    )
    const exact = values.reduce((a, x) => a + x, 0)
    assert.ok(Math.abs(sum - exact) < 1e-14)
    assert.ok(
      relative(
        absoluteSum,
        values.reduce((a, x) => a + Math.abs(x), 0),
      ) < 1e-14,
    )
  }
  const many = randomNumbers(100003, 5)
  const { sum } = wasm.scan(load(many), many.length)
  assert.ok(
    relative(
      sum,
      many.reduce((a, x) => a + x, 0),
    ) < 1e-10,
  )
})

test('the peak wherever it is, of either sign, subnormal or huge', () => {
  for (const size of [1e-45, 1e-40, 3, 3e38]) {
    for (let at = 0; at < 11; at++) {
      for (const sign of [1, -1]) {
        const values = new Float32Array(11)
        values[at] = sign * size
        assert.is(wasm.scan(load(values), 11).peak, Math.fround(size))
      }
    }
  }
  assert.is(wasm.scan(load([-0, 0, -0]), 3).peak, 0)
  assert.ok(Object.is(wasm.scan(load([]), 0).sum, 0))
})

test('the first weight that is not finite', () => {
  for (let n = 1; n < 22; n++) {
    const values = randomNumbers(n, n).map((x, k) => (k % 3 ? x : 3.4e38))
    assert.is(wasm.firstNonFinite(load(values), n), -1)
    for (let at = 0; at < n; at++) {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const broken = values.slice()
        broken[at] = bad
        if (at + 2 < n) broken[at + 2] = Number.NaN
        const address = load(broken)
        assert.is(wasm.firstNonFinite(address, n), at)
        assert.not(Number.isFinite(wasm.scan(address, n).peak))
      }
    }
  }
  // NaN with the sign set, and with the smallest payload.
  const address = load(new Float32Array(5))
  for (const bits of [0xffc00000, 0x7f800001, 0xff800001]) {
    new Uint32Array(wasm.memory.buffer, address, 5)[3] = bits
    assert.is(wasm.firstNonFinite(address, 5), 3)
    assert.not(Number.isFinite(wasm.scan(address, 5).peak))
  }
})

test('counts what is exactly 0, −0 too, in whole vectors and behind them', () => {
  for (let n = 0; n < 40; n++)
    for (let every = 1; every < 7; every++) {
      const values = Array.from({ length: n }, (_, k) => (k % every === 0 ? (k % 2 === 0 ? 0 : -0) : k % 3 === 0 ? 1e-45 : -k))
      assert.is(wasm.scan(load(values), n).zeros, values.filter((value) => value === 0).length, `${n} ${every}`)
    }
})

test.run()
