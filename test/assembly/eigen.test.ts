import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openInstance } from '../../src/wasm/module.ts'
import { randomNumbers, worst } from './data.ts'

const wasm = await openInstance()

/** B·Bᵀ of `rank` columns: symmetric, no negative eigenvalue. */
function product(t: number, rank: number, seed: number): Float64Array {
  const b = randomNumbers(t * rank, seed)
  const matrix = new Float64Array(t * t)
  for (let i = 0; i < t; i++)
    for (let j = 0; j < t; j++) for (let k = 0; k < rank; k++) matrix[i * t + j]! += b[i * rank + k]! * b[j * rank + k]!
  return matrix
}

function check(matrix: Float64Array, name: string) {
  const t = Math.sqrt(matrix.length)
  const { values, vectors } = wasm.eigen(matrix)
  const size = matrix.reduce((top, x) => Math.max(top, Math.abs(x)), 0)
  for (let i = 1; i < t; i++) assert.ok(values[i - 1]! >= values[i]!, `${name}: falling`)
  const identity = new Float64Array(t * t)
  const rebuilt = new Float64Array(t * t)
  for (let i = 0; i < t; i++) {
    for (let j = 0; j < t; j++) {
      for (let k = 0; k < t; k++) {
        identity[i * t + j]! += vectors[i * t + k]! * vectors[j * t + k]!
        rebuilt[i * t + j]! += values[k]! * vectors[k * t + i]! * vectors[k * t + j]!
      }
    }
  }
  const one = identity.map((x, k) => x - (k % (t + 1) === 0 ? 1 : 0))
  assert.ok(
    one.every((x) => Math.abs(x) < 1e-14 * t),
    `${name}: orthonormal`,
  )
  if (size > 0) assert.ok(worst(rebuilt, matrix) < 1e-14 * t, `${name}: V·diag·Vᵀ is the matrix`)
  for (let i = 0; i < t; i++) {
    const row = vectors.subarray(i * t, i * t + t)
    const largest = row.reduce((best, x, k) => (Math.abs(x) > Math.abs(row[best]!) ? k : best), 0)
    assert.ok(row[largest]! > 0, `${name}: sign of component ${i}`)
    assert.ok(
      row.every((x) => !Object.is(x, -0)),
      `${name}: no negative zero`,
    )
  }
  return { values, vectors }
}

test('random symmetric matrices of every size', () => {
  for (const t of [1, 2, 3, 5, 9, 16, 25, 49, 121]) {
    check(product(t, t + 3, t), `${t}×${t}`)
    const skew = product(t, 2, t).map((x, k, m) => x - 0.7 * m[k % (t + 1) === 0 ? k : 0]!)
    const symmetric = skew.map((_, k) => (skew[k]! + skew[(k % t) * t + Math.floor(k / t)]!) / 2)
    check(symmetric, `indefinite ${t}×${t}`)
  }
})

test('zero, identity, one direction, equal eigenvalues', () => {
  assert.ok(check(new Float64Array(81), 'zero').values.every((v) => v === 0))
  const identity = Float64Array.from({ length: 81 }, (_, k) => (k % 10 ? 0 : 1))
  assert.ok(check(identity, 'identity').values.every((v) => v === 1))
  const { values } = check(product(9, 1, 4), 'rank 1')
  assert.ok(Math.abs(values[1]!) < 1e-16 * values[0]! * 9)
  const two = check(
    Float64Array.from({ length: 81 }, (_, k) => (k % 10 ? 0.5 : 1)),
    'equal',
  )
  assert.ok(Math.abs(two.values[0]! - 5) < 1e-14)
  for (let k = 1; k < 9; k++) assert.ok(Math.abs(two.values[k]! - 0.5) < 1e-14)
})

test('values far apart and of any size', () => {
  for (const scale of [1e-88, 1e-30, 1, 1e60, 1e74]) {
    const matrix = product(9, 12, 7).map((x) => x * scale)
    const plain = wasm.eigen(product(9, 12, 7)).values
    assert.ok(
      worst(
        check(matrix, `times ${scale}`).values,
        plain.map((v) => v * scale),
      ) < 1e-14,
    )
  }
  const graded = Float64Array.from({ length: 81 }, (_, k) => (k % 10 ? 1e-13 : 10 ** -(k / 10)))
  const { values } = check(graded, 'graded')
  for (let k = 0; k < 9; k++) assert.ok(Math.abs(values[k]! / 10 ** -k - 1) < 1e-8)
})

test('of two largest entries of one size the first is positive', () => {
  // Eigenvectors (1, -1)/√2 and (1, 1)/√2.
  const { vectors } = wasm.eigen(Float64Array.of(2, -1, -1, 2))
  assert.ok(vectors[0]! > 0 && vectors[1]! < 0)
  assert.ok(vectors[2]! > 0 && vectors[3]! > 0)
})

test('eigenvalues alone are those of eigen, to a unit of the largest for each tap', () => {
  for (const t of [1, 2, 3, 4, 9, 25, 49, 121]) {
    for (const rank of [1, 2, t, 3 * t]) {
      const plain = product(t, rank, 3 * t + rank)
      const graded = plain.map((x, k) => x * 10 ** (-12 * ((k % t) / t + Math.floor(k / t) / t)))
      const shifted = plain.map((x, k) => (k % (t + 1) === 0 ? x - 0.3 * plain[0]! : x))
      for (const matrix of [plain, graded, graded.toReversed(), shifted]) {
        const wanted = wasm.eigen(matrix).values
        const found = wasm.eigenvalues(matrix)
        assert.ok(worst(found, wanted) < (t + 3) * Number.EPSILON, `${t}×${t} of rank ${rank}`)
        for (let i = 1; i < t; i++) assert.ok(found[i - 1]! >= found[i]!, 'falling')
      }
    }
  }
})

test('eigenvalues alone of matrices without directions, and of any size', () => {
  const values = (of: (k: number) => number) => [...wasm.eigenvalues(Float64Array.from({ length: 81 }, (_, k) => of(k)))]
  assert.equal(
    values(() => 0),
    new Array(9).fill(0),
  )
  assert.equal(
    values((k) => (k % 10 ? 0 : 3)),
    new Array(9).fill(3),
  )
  assert.equal(
    values((k) => (k % 10 ? 0 : k)),
    [80, 70, 60, 50, 40, 30, 20, 10, 0],
  )
  const [first, ...others] = values(() => 1)
  assert.ok(Math.abs(first! - 9) < 1e-14 && others.every((v) => Math.abs(v) < 9 * Number.EPSILON))
  const plain = wasm.eigenvalues(product(9, 12, 7))
  for (const power of [-1000, -300, -1, 1, 300, 900]) {
    const scaled = wasm.eigenvalues(product(9, 12, 7).map((x) => x * 2 ** power))
    assert.equal(
      scaled,
      plain.map((v) => v * 2 ** power),
    )
  }
})

test('more taps than 121 are refused', () => {
  assert.throws(() => wasm.eigen(new Float64Array(122 * 122)), RangeError)
  assert.throws(() => wasm.eigenvalues(new Float64Array(122 * 122)), RangeError)
})

test.run()
