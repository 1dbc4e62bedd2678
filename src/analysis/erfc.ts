import type { Transcendental } from '../shift/transcendental.ts'

const inverseRootPi = 0.5641895835477563

/** exp(-x²) without the digits that rounding x² would cost: x² = high + low exactly (Dekker's splitting). */
function gaussian(x: number, { exp }: Transcendental): number {
  const high = x * x
  const split = x * 134_217_729
  const head = split - (split - x)
  const tail = x - head
  const low = head * head - high + 2 * head * tail + tail * tail
  return exp(-high) * (1 - low)
}

/**
 * The complementary error function for x >= 0 (twice the upper tail of the normal distribution at x√2), to about 1e-15 of its
 * value. Below 1 from the series of erf with positive terms (DLMF 7.6.2), above from the continued fraction (DLMF 7.9.1).
 */
export function erfc(x: number, math: Transcendental): number {
  if (x < 1) {
    let term = x
    let sum = x
    for (let k = 1; term > sum * 1e-17; k++) {
      term *= (2 * x * x) / (2 * k + 1)
      sum += term
    }
    return 1 - 2 * inverseRootPi * gaussian(x, math) * sum
  }
  if (x > 27) return 0 // below the smallest double
  // From the far end: at x = 1, 400 levels are more than a double can resolve.
  let fraction = x
  for (let k = Math.ceil(400 / (x * x)) + 20; k > 0; k--) fraction = x + k / 2 / fraction
  return (inverseRootPi * gaussian(x, math)) / fraction
}
