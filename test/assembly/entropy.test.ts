import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openInstance } from '../../src/wasm/module.ts'
import type { Moments } from '../../src/wasm/moments.ts'
import { randomNumbers, relative } from './data.ts'

const wasm = await openInstance()

const plain = (values: readonly number[]) => {
  const sum = values.reduce((a, b) => a + b, 0)
  return values.reduce((h, v) => (v > 0 ? h - (v / sum) * Math.log10(v / sum) : h), 0)
}

test('entropy of shares', () => {
  assert.is(wasm.entropy([3, 0, 0]), 0)
  assert.ok(relative(wasm.entropy(new Array(9).fill(0.1))!, Math.log10(9)) < 1e-15)
  assert.is(wasm.entropy([0, 0, 0]), null)
  assert.is(wasm.entropy([-1e-20, 0]), null)
  assert.is(wasm.entropy([2, -1e-17, 2]), wasm.entropy([2, 2]))
  for (let seed = 1; seed < 50; seed++) {
    const values = [...randomNumbers(9, seed)].map((x) => x * x)
    for (const scale of [1, 1e-80, 1e80]) {
      assert.ok(relative(wasm.entropy(values.map((v) => v * scale))!, plain(values)) < 1e-14)
    }
  }
})

/** The level of random filters that torchconvquality 0.4.0 prints. */
const levels: readonly (readonly [number, number])[] = [
  [1, -0.16602524952983935],
  [2, -0.00886406416431934],
  [3, 0.12552614331048328],
  [4, 0.23568113110556704],
  [5, 0.32531207861797834],
  [8, 0.5092223504414326],
  [9, 0.5515074123394546],
  [16, 0.722083053750588],
  [64, 0.9055617473792277],
  [1024, 0.9499356671412686],
  [65536, 0.9512897355224643],
  [1000000, 0.9512961579377612],
]

test('entropy level of random filters', () => {
  for (const [n, level] of levels) assert.ok(relative(wasm.randomEntropy(n), level) < 1e-13, String(n))
})

function momentsOf(rows: readonly (readonly number[])[]): Moments {
  const t = rows[0]!.length
  const values = Float32Array.from(rows.flat())
  const address = wasm.reserve(values.byteLength)
  wasm.f32(address, values.length).set(values)
  return wasm.moments(address, rows.length, t, -1).raw
}

test('variance entropy: as many directions as the filters span, null when they do not vary', () => {
  const numbers = randomNumbers(1000, 9)
  const row = (k: number) => [...numbers.subarray(9 * k, 9 * k + 9)]
  assert.is(wasm.varianceEntropy(momentsOf([row(0)])), null)
  assert.is(wasm.varianceEntropy(momentsOf([row(0), row(0), row(0)])), null)
  assert.is(wasm.varianceEntropy(momentsOf([row(0), row(1)])), 0) // one direction
  const three = wasm.varianceEntropy(momentsOf([row(0), row(1), row(2)]))!
  assert.ok(three > 0 && three <= Math.log10(2))
  // All variance in one tap.
  assert.is(wasm.varianceEntropy(momentsOf([1, 2, 5, 7].map((x) => [0, x, 0, 0, 0, 0, 0, 0, 0]))), 0)
  // Independent taps of one variance: the largest entropy there is.
  const taps = Array.from({ length: 18 }, (_, k) => Array.from({ length: 9 }, (_, j) => (j === k >> 1 ? (k & 1 ? 1 : -1) : 0)))
  assert.ok(relative(wasm.varianceEntropy(momentsOf(taps))!, Math.log10(9)) < 1e-14)
})

test('what rounding to double alone can make is no variance, the least real variation is', () => {
  const mean = new Float64Array(9).fill(0.7)
  const scatter = (x: number) => Float64Array.from({ length: 81 }, (_, k) => (k % 10 ? 0 : x))
  const step = 2 ** -53
  assert.is(wasm.varianceEntropy({ count: 1000, mean, scatter: scatter(1000 * step * step) }), null)
  const real = 2 ** -40
  assert.ok(wasm.varianceEntropy({ count: 1000, mean, scatter: scatter(1000 * real * real) })! > 0.95)
})

test.run()
