import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { moduleConstants } from '../../src/wasm/exports.generated.ts'
import { openInstance } from '../../src/wasm/module.ts'
import { mergeMoments } from '../../src/wasm/moments.ts'
import { randomNumbers, relative, worst } from './data.ts'

const wasm = await openInstance()

function load(values: ArrayLike<number>): number {
  const address = wasm.reserve(4 * values.length)
  wasm.f32(address, values.length).set(values)
  return address
}

/** Mean and scatter straight from their definitions (two passes), in double. */
function naive(rows: readonly (readonly number[])[], t: number) {
  const mean = new Float64Array(t)
  const scatter = new Float64Array(t * t)
  for (let i = 0; i < t; i++) mean[i] = rows.reduce((sum, row) => sum + row[i]!, 0) / Math.max(rows.length, 1)
  for (const row of rows)
    for (let i = 0; i < t; i++) for (let j = 0; j < t; j++) scatter[i * t + j]! += (row[i]! - mean[i]!) * (row[j]! - mean[j]!)
  return { count: rows.length, mean, scatter }
}

function reference(values: Float32Array, t: number, limit: number, strict: boolean) {
  const rows = Array.from({ length: values.length / t }, (_, f) => [...values.subarray(f * t, f * t + t)])
  const top = (row: readonly number[]) => row.reduce((m, x) => Math.max(m, Math.abs(x)), 0)
  const sparse = (row: readonly number[]) => (strict ? top(row) < limit : top(row) <= limit)
  const clean = rows.filter((row) => !sparse(row))
  return {
    sparse: rows.length - clean.length,
    absoluteSum: values.reduce((sum, x) => sum + Math.abs(x), 0),
    scaled: naive(
      clean.map((row) => row.map((x) => x / (top(row) || 1))),
      t,
    ),
    raw: naive(rows, t),
    clean: naive(clean, t),
  }
}

function compare(values: Float32Array, t: number, limit: number, strict = false, tolerance = 1e-13) {
  const n = values.length / t
  const found = wasm.moments(load(values), n, t, limit, strict)
  const wanted = reference(values, t, limit, strict)
  const name = `${n} filters of ${t} taps, limit ${limit}`
  assert.is(found.sparse, wanted.sparse, name)
  assert.ok(relative(found.deviation, wanted.absoluteSum) < 1e-13, name)
  for (const set of ['scaled', 'raw', 'clean'] as const) {
    assert.is(found[set].count, wanted[set].count, `${name}: ${set}`)
    assert.ok(worst(found[set].mean, wanted[set].mean) < tolerance, `${name}: mean of ${set}`)
    assert.ok(worst(found[set].scatter, wanted[set].scatter) < tolerance, `${name}: scatter of ${set}`)
  }
}

/** Filters of very different size: about a third under one hundredth of the largest. */
function layer(filters: number, t: number, seed: number): Float32Array {
  const values = randomNumbers(filters * t, seed)
  const sizes = randomNumbers(filters, seed + 1)
  return values.map((x, i) => x * (sizes[Math.floor(i / t)]! < -0.1 ? 0.003 : 1))
}

test('3×3: every length up to two tiles and more, sparse filters anywhere', () => {
  const tile = moduleConstants.CAPACITY
  const around = [-1, 0, 1, 2, 3, 4, 5].map((more) => tile + more)
  for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 9, 31, ...around, 2 * tile - 1, 2 * tile, 2 * tile + 1, 1000, 5003]) {
    const values = layer(n, 9, n)
    const top = values.reduce((m, x) => Math.max(m, Math.abs(x)), 0)
    compare(values, 9, top / 100)
    compare(values, 9, -1)
    compare(values, 9, top)
  }
})

test('any other number of taps', () => {
  for (const t of [2, 3, 4, 15, 25, 49, 121]) {
    for (const n of [1, 2, 63, 64, 65, 130]) compare(layer(n, t, n * t), t, 0.01)
  }
})

test('bytes do not depend on what lay in memory', () => {
  const values = layer(3001, 9, 5)
  const first = wasm.moments(load(values), 3001, 9, 0.008)
  wasm.f32(wasm.reserve(1 << 20), 1 << 18).fill(7)
  const second = wasm.moments(load(values), 3001, 9, 0.008)
  for (const set of ['scaled', 'raw', 'clean'] as const) {
    assert.is(Buffer.compare(Buffer.from(first[set].scatter.buffer), Buffer.from(second[set].scatter.buffer)), 0)
    assert.is(Buffer.compare(Buffer.from(first[set].mean.buffer), Buffer.from(second[set].mean.buffer)), 0)
  }
})

test('a filter at the limit is sparse, and is not when strict; the comparison is made in double', () => {
  const filter = (top: number) => [0, 0, 0, 0, top, 0, 0, 0, 0]
  const values = Float32Array.from([...filter(200), ...filter(2), ...filter(0.07), ...filter(2.0000002384185791)])
  const a = load(values)
  assert.is(wasm.moments(a, 4, 9, 2).sparse, 2)
  assert.is(wasm.moments(a, 4, 9, 2, true).sparse, 1)
  // float32(0.07) lies above 0.07.
  assert.is(wasm.moments(a, 4, 9, 0.07).sparse, Math.fround(0.07) <= 0.07 ? 1 : 0)
  assert.is(wasm.moments(a, 4, 9, Math.fround(0.07)).sparse, 1)
  assert.is(wasm.moments(a, 4, 9, Math.fround(0.07), true).sparse, 0)
  assert.is(wasm.moments(load(new Float32Array(36)), 4, 9, 0).sparse, 4)
  assert.is(wasm.moments(load(new Float32Array(36)), 4, 9, 0, true).sparse, 0)
})

test('equal filters have a scatter of exactly zero, at any size and any number', () => {
  for (const [t, n] of [
    [9, 5],
    [9, 1000],
    [9, 4099],
    [25, 300],
  ] as const) {
    for (const size of [1, 1e-42, 1e30]) {
      const one = randomNumbers(t, t).map((x) => x * size)
      const values = new Float32Array(t * n)
      for (let f = 0; f < n; f++) values.set(one, f * t)
      const found = wasm.moments(load(values), n, t, 0)
      for (const set of [found.scaled, found.raw, found.clean]) {
        assert.ok(
          set.scatter.every((x) => x === 0),
          `${n} filters of size ${size}`,
        )
        assert.is(wasm.varianceEntropy(set), null)
      }
      const whole = mergeMoments([found.scaled, found.scaled, wasm.moments(load(values), 3, t, 0).scaled])
      assert.ok(whole.scatter.every((x) => x === 0))
    }
  }
})

test('a single tap of one sign has no variance once scaled', () => {
  const values = new Float32Array(9 * 700)
  const sizes = randomNumbers(700, 3)
  for (let f = 0; f < 700; f++) values[9 * f + 4] = Math.abs(sizes[f]!) + 0.001
  const { scaled, raw } = wasm.moments(load(values), 700, 9, 0)
  assert.is(wasm.varianceEntropy(scaled), null)
  assert.is(wasm.varianceEntropy(raw), 0)
})

test('subnormal and huge weights', () => {
  for (const size of [1e-42, 1e-38, 1e30, 1e37]) {
    const values = layer(700, 9, 8).map((x) => x * size)
    const top = values.reduce((m, x) => Math.max(m, Math.abs(x)), 0)
    compare(values, 9, top / 100)
    compare(values.slice(0, 650), 25, top / 100)
  }
})

test('a mean far from zero costs no digits', () => {
  compare(
    randomNumbers(9000, 4).map((x) => 1000 + x),
    9,
    0,
    false,
    1e-11,
  )
})

test('the sum of deviations from a given centre', () => {
  for (const t of [9, 5]) {
    for (const n of [1, 3, 255, 259, 1001]) {
      const values = layer(n, t, n)
      const wanted = values.reduce((sum, x) => sum + Math.abs(x - 0.1), 0)
      assert.ok(relative(wasm.moments(load(values), n, t, 0.01, false, 0.1).deviation, wanted) < 1e-13)
    }
  }
})

test.run()
