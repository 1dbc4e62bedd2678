import type { Transcendental } from '../shift/transcendental.ts'
import { erfc } from './erfc.ts'

/** 1 / √π. */
const inverseRootPi = 0.5641895835477563

/**
 * Upper tail of the chi-squared distribution with a whole number of degrees of freedom: Q(df/2, x/2) as its finite sum (DLMF
 * 8.4.6 to 8.4.10, 8.8.9), exp and erfc of the module, so that the bits are the same in every engine.
 */
export function chiSquaredTail(x: number, df: number, math: Transcendental): number {
  if (!(x > 0)) return 1
  const half = x / 2
  const root = Math.sqrt(half)
  // even: e^-h · Σ h^k / k!;  odd: erfc(√h) + e^-h · Σ h^(k+1/2) / Γ(k + 3/2)
  let term = df % 2 === 0 ? 1 : 2 * root * inverseRootPi
  let sum = df % 2 === 0 ? 1 : 0
  for (let k = 1; 2 * k < df; k++) {
    if (df % 2 === 0) sum += term *= half / k
    else {
      sum += term
      term *= half / (k + 0.5)
    }
  }
  const tail = math.exp(-half) * sum
  return Math.min(1, df % 2 === 0 ? tail : erfc(root, math) + tail)
}
