import type { Precision } from './module.ts'

/*
 * Which arithmetic multiplies a layer's rows (docs/decisions/gram.md). A dot product of two unit rows is exact to about 1e-16
 * in double, 1e-8 in single and 1e-6 in 16-bit integers; errors of single pairs average out over all of them, so large
 * layers may take the faster arithmetic. What is chosen depends on the layer's shape and weights alone.
 */

/** Largest error of orthogonality that integers may have, as four standard deviations and the bias. */
export const integerLimit = 6e-8

/** Layers of few rows, or of little work (rows² · length: some milliseconds), are multiplied in double. */
const doubleRows = 64
const doubleWork = 1 << 26

/** A typical |cosine| of two rows of a trained layer, and the squared norm per weight of a packed row of bell-shaped weights. */
const typicalCosine = 0.05
const typicalSquare = 5850 * 5850

/**
 * Weights of a row from which on four rows, packed twice, take more memory than a thread may have (about 100 MB): such rows are
 * multiplied stretch by stretch, in double. A layer of 3×3 filters has them from 116,509 input channels on.
 */
export const LONG_ROW = 1 << 20

/** What a layer's panels give in one arithmetic. */
export interface GramTotal {
  /** Σ |a·b - [a = b]| over all ordered pairs of rows: PanelSum.sum of all pairs of panels. */
  readonly sum: number
  /** Sum of PanelSum.near. */
  readonly near: number
  /** Σ of what packRows returned, each row once. */
  readonly inverseSquares: number
}

/**
 * The arithmetics to try for a layer of `rows` rows of `length` weights, in that order: the first whose result `isExact`
 * accepts counts; the last is always good.
 */
export function gramPrecisions(rows: number, length: number): readonly Precision[] {
  if (length >= LONG_ROW) return ['double']
  if (rows <= doubleRows || rows * rows * length <= doubleWork) return ['double']
  const expected: GramTotal = {
    sum: rows * (rows - 1) * typicalCosine,
    near: 0,
    inverseSquares: rows / (typicalSquare * length),
  }
  return integerError(rows, expected) <= integerLimit ? ['integer', 'single'] : ['single']
}

/** Whether a result in `precision` is within 1e-7 of the one in double. */
export function isExact(precision: Precision, rows: number, total: GramTotal): boolean {
  return precision !== 'integer' || integerError(rows, total) <= integerLimit
}

/**
 * Bound of the error of orthogonality in integers. Rounding a row to integers of L2 norm N moves its product with a unit
 * row by e = 1 / (N·√12), in either direction. The sum of a row's |products| moves by e times the length of the sum of the
 * other rows, signs applied, whose square is Σ |a·b| at most: four standard deviations of that over all rows. And where
 * a·b itself is not above e, |a·b| only grows: by 0.8·√2·e at most.
 */
export function integerError(rows: number, { sum, near, inverseSquares }: GramTotal): number {
  const pairs = rows * (rows - 1)
  const spread = Math.sqrt((inverseSquares * (rows + sum)) / 3) / pairs
  const bias = 0.8 * Math.sqrt(inverseSquares / rows / 6) * (near / (pairs / 2))
  return 4 * spread + bias
}
