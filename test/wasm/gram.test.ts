import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type GramTotal, gramPrecisions, integerError, integerLimit, isExact } from '../../src/wasm/gram.ts'
import { openInstance, type Precision, panelLimit } from '../../src/wasm/module.ts'
import { randomNumbers } from '../assembly/data.ts'

const wasm = await openInstance()

/** Panels of all rows with each other, as a layer is measured. */
function total(values: Float32Array, rows: number, length: number, precision: Precision, panel = panelLimit): GramTotal {
  const rowBytes = wasm.packedRowBytes(length, precision)
  const data = wasm.reserve(4 * values.length + 16 + 2 * panel * rowBytes)
  wasm.f32(data, values.length).set(values)
  const first = (data + 4 * values.length + 15) & ~15
  const second = first + panel * rowBytes
  let sum = 0
  let near = 0
  let inverseSquares = 0
  for (let a = 0; a < rows; a += panel) {
    const own = Math.min(panel, rows - a)
    inverseSquares += wasm.packRows(data + 4 * a * length, own, length, first, precision)
    for (let b = a; b < rows; b += panel) {
      const others = Math.min(panel, rows - b)
      if (b > a) wasm.packRows(data + 4 * b * length, others, length, second, precision)
      const part = wasm.gramPanels(first, own, b > a ? second : first, others, length, precision)
      sum += part.sum
      near += part.near
    }
  }
  return { sum, near, inverseSquares }
}

/** Straight from the definition, in double. */
function naive(values: Float32Array, rows: number, length: number): number {
  const unit = Array.from({ length: rows }, (_, r) => {
    const row = Float64Array.from(values.subarray(r * length, (r + 1) * length))
    const norm = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0))
    return norm === 0 ? row : row.map((x) => x / norm)
  })
  let sum = 0
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b < rows; b++) {
      let dot = a === b ? -1 : 0
      for (let k = 0; k < length; k++) dot += unit[a]![k]! * unit[b]![k]!
      sum += Math.abs(dot)
    }
  }
  return sum
}

const orthogonality = (sum: number, rows: number) => 1 - sum / (rows * (rows - 1))
const tolerance = { double: 1e-13, single: 2e-8, integer: 1e-6 }

test('every arithmetic, every number of rows and every length near a multiple of four, eight, a run', () => {
  for (const [rows, length] of [
    [2, 1],
    [2, 9],
    [3, 7],
    [4, 8],
    [5, 16],
    [6, 27],
    [7, 129],
    [13, 512],
    [33, 1023],
    [130, 65],
    [129, 1151],
  ] as const) {
    const values = randomNumbers(rows * length, rows * length)
    const wanted = orthogonality(naive(values, rows, length), rows)
    for (const precision of ['double', 'single', 'integer'] as const) {
      const found = orthogonality(total(values, rows, length, precision).sum, rows)
      // Of short rows neither the roundings of products nor those of integers average out.
      const allowed = length >= 27 || precision === 'double' ? tolerance[precision] : precision === 'single' ? 1e-7 : 1e-4
      assert.ok(Math.abs(found - wanted) < allowed, `${rows}×${length} ${precision}: ${found} for ${wanted}`)
    }
  }
})

test('smaller panels change nothing but the last digits', () => {
  const values = randomNumbers(90 * 200, 3)
  for (const precision of ['double', 'single', 'integer'] as const) {
    const one = total(values, 90, 200, precision)
    for (const panel of [4, 12, 64]) {
      const many = total(values, 90, 200, precision, panel)
      assert.ok(Math.abs(many.sum - one.sum) < 1e-10 * one.sum)
      assert.is(many.near, one.near)
    }
  }
})

test('rows of zeros count 1 each, and nothing else', () => {
  const values = randomNumbers(20 * 45, 8)
  values.fill(0, 5 * 45, 6 * 45)
  values.fill(0, 19 * 45)
  const wanted = naive(values, 20, 45)
  for (const precision of ['double', 'single', 'integer'] as const) {
    assert.ok(Math.abs(total(values, 20, 45, precision).sum - wanted) < 20 * 19 * 1e-5)
  }
  for (const precision of ['double', 'single', 'integer'] as const)
    assert.is(total(new Float32Array(7 * 9), 7, 9, precision).sum, 7)
})

test('rows of few levels are exact in single: nothing is rounded when they are packed', () => {
  const rows = 128
  const length = 1152
  for (const levels of [1, 3, 7, 127]) {
    const values = randomNumbers(rows * length, levels).map(
      (x) => (x < 0 ? -1 : 1) * (1 + Math.floor(Math.abs(x) * levels)) * 1e-3,
    )
    const whole = values.map((x) => Math.round(x * 1e3)) // sums of their products stay below 2^24
    const exact = total(whole, rows, length, 'double').sum
    assert.ok(Math.abs(total(whole, rows, length, 'single').sum / exact - 1) < 1e-13, `${levels} levels`)
    const error = Math.abs(total(values, rows, length, 'single').sum - total(values, rows, length, 'double').sum)
    assert.ok(error / (rows * (rows - 1)) < 1e-8, `${levels} levels of 0.001`) // their products are rounded
  }
})

test('orthogonal, equal and opposite rows', () => {
  const size = 12
  const diagonal = new Float32Array(size * size)
  const equal = new Float32Array(size * size)
  const row = randomNumbers(size, 77)
  for (let r = 0; r < size; r++) {
    diagonal[r * size + r] = r % 2 ? -3 : 0.001
    for (let k = 0; k < size; k++) equal[r * size + k] = row[k]! * (r % 2 ? -1 : 1)
  }
  for (const precision of ['double', 'single', 'integer'] as const) {
    assert.is(total(diagonal, size, size, precision).sum, 0)
    assert.ok(Math.abs(orthogonality(total(equal, size, size, precision).sum, size)) < 1e-6)
  }
})

test('no integer lane overflows: rows of equal weights, of one size with signs, of one giant', () => {
  const length = 2048
  for (const make of [
    () => 1,
    (k: number) => (k % 2 ? 1 : -1),
    (k: number) => (k % 32 < 16 ? 1 : 1e-6),
    (k: number) => (k ? 1e-3 : 1),
  ]) {
    const values = new Float32Array(8 * length)
    for (let r = 0; r < 8; r++) for (let k = 0; k < length; k++) values[r * length + k] = make(k) * (r + 1)
    assert.ok(Math.abs(orthogonality(total(values, 8, length, 'integer').sum, 8)) < 1e-4) // all rows are parallel
  }
})

test('sizes of 1e-42 and 1e37 do not matter', () => {
  const values = randomNumbers(70 * 90, 21)
  const wanted = total(values, 70, 90, 'double').sum
  for (const precision of ['double', 'single', 'integer'] as const) {
    const huge = total(
      values.map((x) => x * 1e37),
      70,
      90,
      precision,
    )
    assert.ok(Math.abs(huge.sum - wanted) < 70 * 69 * 1e-5)
    const tiny = values.map((x) => x * 1e-38) // rounded to subnormals
    const same = naive(tiny, 70, 90)
    assert.ok(Math.abs(total(tiny, 70, 90, precision).sum - same) < 70 * 69 * 1e-5)
  }
})

test('integers stay within their bound wherever it lets them count', () => {
  const rows = 256
  const length = 1152
  const common = randomNumbers(length, 5)
  let accepted = 0
  for (const [name, make] of [
    ['bell-shaped', (x: number) => x],
    ['a common part', (x: number, k: number) => x + 0.2 * common[k]!],
    ['mostly common', (x: number, k: number) => x + common[k]!],
    ['sixteen levels', (x: number) => Math.round(x * 14) / 14],
    ['three levels', (x: number) => Math.round(x * 1.5)],
    ['long tails', (x: number) => x ** 5],
    ['a tenth of the weights', (x: number, k: number) => (k % 10 ? 0 : x)],
  ] as const) {
    const values = randomNumbers(rows * length, 31).map((x, i) => make(x, i % length))
    const exact = total(values, rows, length, 'double')
    const found = total(values, rows, length, 'integer')
    const error = Math.abs(found.sum - exact.sum) / (rows * (rows - 1))
    const bound = integerError(rows, found)
    assert.ok(error <= bound, `${name}: ${error} is over ${bound}`)
    if (isExact('integer', rows, found)) {
      accepted++
      assert.ok(error < 1e-7, `${name}: ${error}`)
    }
    const single = total(values, rows, length, 'single')
    assert.ok(Math.abs(single.sum - exact.sum) / (rows * (rows - 1)) < 2e-9, `${name} in single`)
  }
  assert.ok(accepted < 7, 'a bound that accepts everything tests nothing')
})

test('rows that are all but orthogonal are not left to integers', () => {
  const rows = 128
  const values = new Float32Array(rows * 1024)
  for (let r = 0; r < rows; r++) for (let k = 0; k < 1024; k++) values[r * 1024 + k] = k === r ? 1 : 1e-7 * ((r * k) % 3)
  const found = total(values, rows, 1024, 'integer')
  assert.ok(found.near > rows)
  assert.not(isExact('integer', rows, found))
})

test('the choice is by shape: double for few rows or little work, integers first for large layers', () => {
  assert.equal(gramPrecisions(64, 9216), ['double'])
  assert.equal(gramPrecisions(960, 9), ['double'])
  assert.equal(gramPrecisions(128, 1152), ['double'])
  assert.equal(gramPrecisions(256, 2304), ['single'])
  assert.equal(gramPrecisions(1024, 9216), ['integer', 'single'])
  assert.equal(gramPrecisions(1280, 11520), ['integer', 'single'])
  assert.ok(isExact('single', 10, { sum: 1, near: 45, inverseSquares: 10 }))
  assert.ok(integerLimit < 1e-7)
})

test.run()
