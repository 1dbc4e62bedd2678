import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { emptyMoments, type Moments, mergeMoments } from '../../src/wasm/moments.ts'

/** Moments of rows of numbers, straight from the definition. */
function momentsOf(rows: readonly (readonly number[])[], d: number): Moments {
  const mean = new Float64Array(d)
  for (const row of rows) for (let i = 0; i < d; i++) mean[i]! += row[i]! / rows.length
  const scatter = new Float64Array(d * d)
  for (const row of rows)
    for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) scatter[i * d + j]! += (row[i]! - mean[i]!) * (row[j]! - mean[j]!)
  return { count: rows.length, mean, scatter }
}

function rowsOf(n: number, d: number, seed: number): number[][] {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296 - 0.3
  }
  return Array.from({ length: n }, () => Array.from({ length: d }, next))
}

const worst = (a: Float64Array, b: Float64Array) => a.reduce((top, x, i) => Math.max(top, Math.abs(x - b[i]!)), 0)

test('parts of any size merge to the moments of all rows', () => {
  for (const d of [1, 9, 25]) {
    const rows = rowsOf(500, d, d)
    const parts = [rows.slice(0, 1), rows.slice(1, 1), rows.slice(1, 300), rows.slice(300, 302), rows.slice(302)]
    const merged = mergeMoments(parts.map((part) => momentsOf(part, d)))
    const whole = momentsOf(rows, d)
    assert.is(merged.count, 500)
    assert.ok(worst(merged.mean, whole.mean) < 1e-14)
    assert.ok(worst(merged.scatter, whole.scatter) < 1e-11)
  }
})

test('a far mean does not cost digits', () => {
  const rows = rowsOf(1000, 2, 5)
  const far = rows.map((row) => row.map((x) => x + 2 ** 20))
  const parts = [far.slice(0, 400), far.slice(400)]
  const merged = mergeMoments(parts.map((part) => momentsOf(part, 2)))
  assert.ok(worst(merged.scatter, momentsOf(rows, 2).scatter) < 1e-6)
})

test('sets without filters change no bit, wherever they stand', () => {
  const set = momentsOf(rowsOf(7, 9, 1), 9)
  for (const list of [[set], [emptyMoments(9), set], [set, emptyMoments(9)], [emptyMoments(9), set, emptyMoments(9)]]) {
    const merged = mergeMoments(list)
    assert.is(merged.count, 7)
    assert.equal([...merged.mean], [...set.mean])
    assert.equal([...merged.scatter], [...set.scatter])
  }
})

test('the inputs stay as they are and the scatter symmetric', () => {
  const list = [1, 2, 3].map((seed) => momentsOf(rowsOf(20, 9, seed), 9))
  const before = list.map(({ mean, scatter }) => [[...mean], [...scatter]])
  const { scatter } = mergeMoments(list)
  assert.equal(
    list.map(({ mean, scatter }) => [[...mean], [...scatter]]),
    before,
  )
  for (let i = 0; i < 9; i++) for (let j = 0; j < 9; j++) assert.is(scatter[i * 9 + j], scatter[j * 9 + i])
})

test('nothing to merge is nothing with nine taps', () => {
  assert.equal(mergeMoments([]), { count: 0, mean: new Float64Array(9), scatter: new Float64Array(81) })
  assert.is(mergeMoments([], 25).mean.length, 25)
})

test('kernels of different size are refused', () => {
  assert.throws(() => mergeMoments([emptyMoments(9), emptyMoments(25)]), /9 and of 25 taps/)
  assert.throws(() => mergeMoments([{ count: 1, mean: new Float64Array(9), scatter: new Float64Array(80) }]), /80 values/)
})

test.run()
