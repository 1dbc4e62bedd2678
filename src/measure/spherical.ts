import { sharedInstance } from '../wasm/module.ts'

/**
 * p of John's test of sphericity: how often n filters of p independent taps of one variance have a sphericity of U or more.
 * n·p·U/2 is χ² with p(p + 1)/2 − 1 degrees of freedom (Ledoit and Wolf 2002); of an even number of these the tail is a finite sum.
 * Null where U is, and for kernels with an odd number (2×2).
 */
export function sphericalP(sphericity: number | null, filters: number, taps: number): number | null {
  const freedom = (taps * (taps + 1)) / 2 - 1
  if (sphericity === null || freedom < 2 || freedom % 2 !== 0) return null
  const half = (filters * taps * sphericity) / 4
  let term = 1
  let sum = 1
  let scaled = 0
  for (let k = 1; k < freedom / 2; k++) {
    term *= half / k
    sum += term
    if (sum > 1e200) {
      term *= 1e-200
      sum *= 1e-200
      scaled += 460.5170185988091 // the logarithm of 1e200
    }
  }
  return Math.min(1, sharedInstance().math.exp(scaled - half) * sum)
}
