/** A weight may be a product of two narrow matrices: of rank 8, 2048 × 2048 × 1 × 1 is 256 times one of them. */
const MOST_TIMES = 256
const MOST_PRODUCTS = 8e9

/**
 * Whether a few stored numbers stand for a weight that takes long to measure: its rows are multiplied in pairs, so that a file of a few
 * hundred bytes could claim hours. Kernels that blur, shift or were never trained are below it (512 × 512 × 3 × 3: 1.2 · 10⁹ of 8 · 10⁹).
 */
export function standsForTooMany(stored: number, dims: readonly number[]): boolean {
  const count = dims.reduce((product, size) => product * size, 1)
  return count > MOST_TIMES * stored && count * Math.max(0, ...dims) > MOST_PRODUCTS
}
