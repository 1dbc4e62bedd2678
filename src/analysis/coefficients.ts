import { type CoefficientPass, coefficientBins, type Histograms } from '../measure/coefficients.ts'
import type { PrincipalComponents } from './principal-components.ts'

export { coefficientBins, type Histograms, type LayerCoefficients } from '../measure/coefficients.ts'

/** The coefficients of all compared models' layers, with the basis they are in: its explained variance ratio weighs the shift. */
export interface Coefficients extends CoefficientPass {
  readonly basis: PrincipalComponents
}

/** Histograms of several sets together; `times` says how often each counts, in their order (default once). An exact sum of whole numbers. */
export function mergeHistograms(sets: readonly Histograms[], components: number, times?: readonly number[]): Histograms {
  const counts = new Float64Array(components * coefficientBins)
  const min = new Float64Array(components).fill(Infinity)
  const max = new Float64Array(components).fill(-Infinity)
  let filters = 0
  for (const [index, set] of sets.entries()) {
    if (set.counts.length !== counts.length) {
      throw new RangeError(
        `histograms of ${set.counts.length / coefficientBins} and of ${components} components cannot be merged`,
      )
    }
    const weight = times ? times[index]! : 1
    if (weight === 0) continue
    filters += weight * set.filters
    if (set.filters > 0) for (let k = 0; k < counts.length; k++) counts[k] = counts[k]! + weight * set.counts[k]!
    for (let c = 0; c < components; c++) {
      if (set.min[c]! < min[c]!) min[c] = set.min[c]!
      if (set.max[c]! > max[c]!) max[c] = set.max[c]!
    }
  }
  return { filters, counts, min, max }
}
