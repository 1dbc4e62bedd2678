import { takeTurns } from '../io/turns.ts'
import type { WasmInstance } from '../wasm/module.ts'
import type { FiltersInMemory } from './filters-in-memory.ts'
import { pieces, SEGMENT } from './segments.ts'

/** Steps at most: the largest singular value of a trained layer stands out and is found to 1e-12 in half of them. */
export const LANCZOS_STEPS = 96

/** Of what is left of a vector: less of its length is rounding, and the space is used up. */
const NOTHING_LEFT = 1e-13

/** The largest singular value of a layer's weight as a matrix, out × inputs · taps. */
export interface LayerSpectrum {
  readonly norm: number
  /** A singular value is within this of `norm`. */
  readonly within: number
}

export interface SpectrumRoom {
  readonly out: number
  /** Filters of a row, weights of a filter. */
  readonly inputs: number
  readonly taps: number
  /** Address of `spectrumBytes` bytes, 16-byte aligned. */
  readonly room: number
}

/** Bytes that `layerSpectrum` works in: a vector of each side. */
export function spectrumBytes({ out, inputs, taps }: Omit<SpectrumRoom, 'room'>): number {
  return 16 * Math.ceil(out / 2) + 16 * Math.ceil((inputs * taps) / 2)
}

/**
 * Lanczos' method (Golub and Van Loan, Matrix Computations, 10.1) with full reorthogonalisation for A·Aᵀ, or Aᵀ·A where A has fewer
 * columns than rows, from one start for all layers of a shape. Its largest Ritz value θ is at most σ₁², and some σ² lies within
 * β|s| of it, s the last entry of θ's vector (Parlett, The Symmetric Eigenvalue Problem, 4.5). Steps, start and the order of every
 * sum follow from the shape alone.
 * @throws InputError when the bytes cannot be read
 */
export async function layerSpectrum(wasm: WasmInstance, filters: FiltersInMemory, layer: SpectrumRoom): Promise<LayerSpectrum> {
  const { out, inputs, taps, room } = layer
  const length = inputs * taps
  const size = Math.min(out, length)
  if (size === 0) return { norm: 0, within: 0 }
  const [left, right] = [room, room + 16 * Math.ceil(out / 2)]
  const isTall = length < out

  /** A·Aᵀ or Aᵀ·A times `vector`, in place. */
  const multiply = async (vector: Float64Array): Promise<void> => {
    wasm.f64(isTall ? right : left, size).set(vector)
    wasm.f64(isTall ? left : right, isTall ? out : length).fill(0)
    await overRows(filters, layer, (rows, row, column) =>
      isTall
        ? wasm.rowsTimes(rows, right + 8 * column, left + 8 * row)
        : wasm.timesRows(rows, left + 8 * row, right + 8 * column),
    )
    wasm.f64(isTall ? right : left, size).fill(0)
    await overRows(filters, layer, (rows, row, column) =>
      isTall
        ? wasm.timesRows(rows, left + 8 * row, right + 8 * column)
        : wasm.rowsTimes(rows, right + 8 * column, left + 8 * row),
    )
    vector.set(wasm.f64(isTall ? right : left, size))
  }

  const basis: Float64Array[] = []
  const alphas: number[] = []
  const betas: number[] = []
  let vector = startOf(size)
  let largest = 0
  for (let step = 0; step < Math.min(size, LANCZOS_STEPS); step++) {
    const own = scaled(vector, 1 / norm(vector))
    basis.push(own)
    vector = own.slice()
    await multiply(vector)
    alphas.push(dot(own, vector))
    // Twice is enough (Parlett, 6.9).
    for (let time = 0; time < 2; time++) for (const other of basis) subtract(vector, other, dot(other, vector))
    betas.push(norm(vector))
    largest = Math.max(largest, alphas[step]! + betas[step]!)
    if (!(betas[step]! > NOTHING_LEFT * largest)) break
  }
  return ritz(wasm, alphas, betas)
}

/** The largest eigenvalue of the tridiagonal matrix as a singular value, with its bound. */
function ritz(wasm: WasmInstance, alphas: readonly number[], betas: readonly number[]): LayerSpectrum {
  const n = alphas.length
  const matrix = new Float64Array(n * n)
  for (let k = 0; k < n; k++) {
    matrix[k * n + k] = alphas[k]!
    if (k + 1 < n) matrix[k * n + k + 1] = matrix[(k + 1) * n + k] = betas[k]!
  }
  const { values, vectors } = wasm.eigen(matrix)
  const square = Math.max(0, values[0]!)
  const norm = Math.sqrt(square)
  return { norm, within: Math.sqrt(square + betas[n - 1]! * Math.abs(vectors[n - 1]!)) - norm }
}

/** All weights in order: some whole rows at a time, or a stretch of one that is longer than a segment. */
async function overRows(
  filters: FiltersInMemory,
  { out, inputs, taps }: SpectrumRoom,
  each: (rows: Parameters<WasmInstance['rowsTimes']>[0], row: number, column: number) => void,
): Promise<void> {
  const together = Math.max(1, Math.floor(SEGMENT / inputs))
  for (const [row, rows] of pieces(out, together))
    for (const [from, some] of pieces(inputs, inputs > SEGMENT ? SEGMENT : inputs)) {
      await takeTurns()
      const address = await filters.at(row * inputs + from, rows > 1 ? rows * inputs : some)
      each({ address, rows, length: some * taps, stride: inputs * taps }, row, from * taps)
    }
}

/** Numbers in (−1, 1) without a pattern, the same for every layer of that size. */
function startOf(size: number): Float64Array {
  const vector = new Float64Array(size)
  let state = 1
  for (let k = 0; k < size; k++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    vector[k] = state / 2147483648 - 1
  }
  return vector
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!
  return sum
}

function norm(vector: Float64Array): number {
  return Math.sqrt(dot(vector, vector))
}

function scaled(vector: Float64Array, by: number): Float64Array {
  return vector.map((value) => value * by)
}

function subtract(from: Float64Array, vector: Float64Array, times: number): void {
  for (let k = 0; k < from.length; k++) from[k]! -= vector[k]! * times
}
