import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { singularValues } from '../../src/analysis/singular-values.ts'
import { randomWords } from '../../src/shift/random.ts'

function randomMatrix(size: number, seed: number): Float32Array {
  const next = randomWords(seed)
  return Float32Array.from({ length: size }, () => next() / 2147483648 - 1)
}

test('a matrix made of rotations and known values gives them back, tall or wide', async () => {
  const n = 40
  const wanted = Array.from({ length: n }, (_, k) => 50 - k)
  const values = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? wanted[at / (n + 1)]! : 0))
  // Rotations of pairs of rows and of columns change no singular value.
  const next = randomWords(4)
  for (let turn = 0; turn < 400; turn++) {
    const [p, q] = [next() % n, next() % n]
    if (p === q) continue
    const t = next() / 4294967296
    const [c, s] = [(1 - t * t) / (1 + t * t), (2 * t) / (1 + t * t)]
    for (let k = 0; k < n; k++) {
      const at = turn % 2 === 0 ? ([p * n + k, q * n + k] as const) : ([k * n + p, k * n + q] as const)
      const [x, y] = [values[at[0]]!, values[at[1]]!]
      values[at[0]] = c * x + s * y
      values[at[1]] = c * y - s * x
    }
  }
  const found = await singularValues(Float32Array.from(values), n, n)
  for (const [k, value] of found.entries()) assert.ok(Math.abs(value - wanted[k]!) < 2e-5, `${value}, not ${wanted[k]}`)
  const wide = new Float32Array(n * (n + 7))
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) wide[i * (n + 7) + j] = values[i * n + j]!
  const tall = new Float32Array(wide.length)
  for (let i = 0; i < n; i++) for (let j = 0; j < n + 7; j++) tall[j * n + i] = wide[i * (n + 7) + j]!
  const [ofWide, ofTall] = [await singularValues(wide, n, n + 7), await singularValues(tall, n + 7, n)]
  for (let k = 0; k < n; k++) {
    assert.ok(Math.abs(ofWide[k]! - found[k]!) < 1e-9 * found[0]!)
    assert.ok(Math.abs(ofTall[k]! - found[k]!) < 1e-9 * found[0]!)
  }
})

test('squares add to those of all elements, and products of rank one have one value', async () => {
  const matrix = randomMatrix(30 * 45, 9)
  const values = await singularValues(matrix, 30, 45)
  const squares = matrix.reduce((sum, value) => sum + value * value, 0)
  assert.ok(Math.abs(values.reduce((sum, value) => sum + value * value, 0) / squares - 1) < 1e-12)
  const one = Float32Array.from({ length: 12 * 7 }, (_, at) => (1 + Math.floor(at / 7)) * (1 + (at % 7)))
  const [largest, second] = await singularValues(one, 12, 7)
  assert.ok(Math.abs(largest! - Math.sqrt(650 * 140)) < 1e-9)
  assert.ok(second! < 1e-5)
  assert.equal([...(await singularValues(new Float32Array(6), 2, 3))], [0, 0])
  assert.is((await singularValues(new Float32Array(0), 0, 3)).length, 0)
})

test('independent numbers lie below the edge of Marčenko and Pastur, but for a few at it', async () => {
  const [rows, columns] = [64, 288]
  const matrix = randomMatrix(rows * columns, 2)
  const deviation = Math.sqrt(matrix.reduce((sum, value) => sum + value * value, 0) / matrix.length)
  const edge = deviation * (Math.sqrt(rows) + Math.sqrt(columns))
  const values = await singularValues(matrix, rows, columns)
  assert.ok(values.filter((value) => value > edge).length <= 2)
  assert.ok(values[0]! > 0.95 * edge && values[0]! < 1.03 * edge, `${values[0]} ${edge}`)
})

test.run()
