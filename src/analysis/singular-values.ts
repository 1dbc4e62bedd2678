import { takeTurns } from '../io/turns.ts'

/** Bisections of an interval: a double has 53 bits, and the first ones find its exponent. */
const MOST_HALVINGS = 200

/**
 * All singular values of a matrix, row-major, falling: the square roots of the eigenvalues of the product of its smaller side with itself,
 * by Householder's reduction to a tridiagonal matrix (Golub and Van Loan, Matrix Computations, 8.3.1) and bisection by Sturm's counts
 * (Parlett, The Symmetric Eigenvalue Problem, 3.3). + − × ÷ and square roots in a fixed order: the same bits in every engine. Squares are
 * exact to some units of the largest, so values below 1e-8 of it are rounding.
 */
export async function singularValues(matrix: Float32Array, rows: number, columns: number): Promise<Float64Array> {
  const size = Math.min(rows, columns)
  if (size === 0) return new Float64Array(0)
  const product = rows <= columns ? await rowProducts(matrix, rows, columns) : await columnProducts(matrix, rows, columns)
  return (await eigenvaluesOf(await tridiagonal(product, size))).map((value) => Math.sqrt(Math.max(0, value)))
}

/** A·Aᵀ, the lower half. */
async function rowProducts(matrix: Float32Array, rows: number, columns: number): Promise<Float64Array> {
  const out = new Float64Array(rows * rows)
  for (let i = 0; i < rows; i++) {
    await takeTurns()
    for (let j = 0; j <= i; j++) {
      const [a, b] = [i * columns, j * columns]
      let sum = 0
      for (let k = 0; k < columns; k++) sum += matrix[a + k]! * matrix[b + k]!
      out[i * rows + j] = sum
    }
  }
  return out
}

/** Aᵀ·A, the lower half. */
async function columnProducts(matrix: Float32Array, rows: number, columns: number): Promise<Float64Array> {
  const out = new Float64Array(columns * columns)
  for (let r = 0; r < rows; r++) {
    await takeTurns()
    const at = r * columns
    for (let i = 0; i < columns; i++) {
      const value = matrix[at + i]!
      for (let j = 0; j <= i; j++) out[i * columns + j]! += value * matrix[at + j]!
    }
  }
  return out
}

/** A symmetric tridiagonal matrix: its diagonal, and the squares of what stands beside it. */
interface Tridiagonal {
  readonly diagonal: Float64Array
  readonly squares: Float64Array
}

/** Of a symmetric matrix's lower half, which is used up. */
async function tridiagonal(a: Float64Array, n: number): Promise<Tridiagonal> {
  const diagonal = new Float64Array(n)
  const squares = new Float64Array(Math.max(0, n - 1))
  const v = new Float64Array(n)
  const p = new Float64Array(n)
  for (let k = 0; k + 1 < n; k++) {
    await takeTurns()
    diagonal[k] = a[k * n + k]!
    let length = 0
    for (let i = k + 1; i < n; i++) {
      v[i] = a[i * n + k]!
      length += v[i]! * v[i]!
    }
    squares[k] = length
    const first = v[k + 1]!
    const root = Math.sqrt(length)
    // What lies below is zero already: nothing to turn away.
    if (!(length > first * first)) continue
    v[k + 1] = first < 0 ? first - root : first + root
    const norm = 2 * (length + Math.abs(first) * root)
    const scale = 2 / norm
    p.fill(0, k + 1)
    for (let i = k + 1; i < n; i++) {
      const row = i * n
      let sum = a[row + i]! * v[i]!
      for (let j = k + 1; j < i; j++) {
        sum += a[row + j]! * v[j]!
        p[j]! += a[row + j]! * v[i]!
      }
      p[i]! += sum
    }
    let inner = 0
    for (let i = k + 1; i < n; i++) {
      p[i]! *= scale
      inner += p[i]! * v[i]!
    }
    const half = (scale * inner) / 2
    for (let i = k + 1; i < n; i++) p[i]! -= half * v[i]!
    for (let i = k + 1; i < n; i++) {
      const row = i * n
      const [vi, pi] = [v[i]!, p[i]!]
      for (let j = k + 1; j <= i; j++) a[row + j]! -= vi * p[j]! + pi * v[j]!
    }
  }
  diagonal[n - 1] = a[n * n - 1]!
  return { diagonal, squares }
}

/** How many eigenvalues are below x: negative signs of the factorisation of T − x. */
function countBelow({ diagonal, squares }: Tridiagonal, x: number, tiny: number): number {
  let count = 0
  let pivot = 1
  for (let k = 0; k < diagonal.length; k++) {
    pivot = diagonal[k]! - x - (k > 0 ? squares[k - 1]! / pivot : 0)
    if (Math.abs(pivot) < tiny) pivot = -tiny
    if (pivot < 0) count++
  }
  return count
}

/** All eigenvalues, falling. */
async function eigenvaluesOf(matrix: Tridiagonal): Promise<Float64Array> {
  const { diagonal, squares } = matrix
  const n = diagonal.length
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let k = 0; k < n; k++) {
    const beside = (k > 0 ? Math.sqrt(squares[k - 1]!) : 0) + (k + 1 < n ? Math.sqrt(squares[k]!) : 0)
    low = Math.min(low, diagonal[k]! - beside)
    high = Math.max(high, diagonal[k]! + beside)
  }
  const reach = Math.max(Math.abs(low), Math.abs(high))
  if (reach === 0) return new Float64Array(n)
  const tiny = reach * 1e-300
  const values = new Float64Array(n)
  let below = low - reach * 1e-15
  for (let k = 0; k < n; k++) {
    if (k % 16 === 0) await takeTurns()
    let above = high + reach * 1e-15
    for (let halving = 0; halving < MOST_HALVINGS; halving++) {
      const middle = below + (above - below) / 2
      if (!(middle > below && middle < above)) break
      if (countBelow(matrix, middle, tiny) > k) above = middle
      else below = middle
      if (above - below <= reach * 1e-17) break
    }
    values[n - 1 - k] = above
  }
  return values
}
