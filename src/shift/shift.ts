import { coefficientBins } from './bins.ts'
import type { Transcendental } from './transcendental.ts'

/** Put where a density is 0: float32 epsilon, as the notebook does. */
export const zeroDensity = 1.1920928955078125e-7

/** The smoothed distributions of a group and their logarithms, components × 70: made once, compared with many. */
export interface Densities {
  readonly components: number
  readonly p: Float64Array
  readonly logP: Float64Array
}

/**
 * Histograms as densities over the common range, 0 replaced by float32 epsilon, each component divided by its sum.
 * Null for a group without filters.
 */
export function densities(
  histograms: { readonly filters: number; readonly counts: ArrayLike<number> },
  range: readonly [number, number],
  { log }: Transcendental,
): Densities | null {
  if (histograms.filters === 0) return null
  const { counts } = histograms
  const components = counts.length / coefficientBins
  const width = (range[1] - range[0]) / coefficientBins
  const p = new Float64Array(counts.length)
  const logP = new Float64Array(counts.length)
  for (let start = 0; start < counts.length; start += coefficientBins) {
    const end = start + coefficientBins
    let total = 0
    for (let k = start; k < end; k++) total += counts[k]!
    let sum = 0
    for (let k = start; k < end; k++) {
      p[k] = counts[k] === 0 ? zeroDensity : counts[k]! / (total * width)
      sum += p[k]!
    }
    for (let k = start; k < end; k++) {
      p[k] = p[k]! / sum
      logP[k] = log(p[k]!)
    }
  }
  return { components, p, logP }
}

/** A distribution shift. */
export interface Shift {
  /** Sum over components of explained variance ratio times divergence; natural logarithm; 0 for equal distributions. */
  readonly shift: number
  /** KL(p||q) + KL(q||p) per component. */
  readonly components: Float64Array
}

/** Distribution shift of two groups: symmetric to the bit, for every term (p - q)·(log p - log q) is. */
export function distributionShift(a: Densities, b: Densities, explainedVarianceRatio: ArrayLike<number>): Shift {
  const components = new Float64Array(a.components)
  let shift = 0
  for (let c = 0, k = 0; c < a.components; c++) {
    let divergence = 0
    for (const end = k + coefficientBins; k < end; k++) divergence += (a.p[k]! - b.p[k]!) * (a.logP[k]! - b.logP[k]!)
    components[c] = divergence
    shift += explainedVarianceRatio[c]! * divergence
  }
  return { shift, components }
}
