import type { PrincipalComponents } from './principal-components.ts'

/** Number of equal bins of a coefficient histogram. */
export const coefficientBins = 70

/** Coefficient histograms of a set of filters, per component of the basis (9 of them, or as many as taps). */
export interface Histograms {
  /** Non-sparse filters: what the histograms hold. */
  readonly filters: number
  /** components × 70, row-major; the last bin is closed. */
  readonly counts: Float64Array
  /** Smallest and largest coefficient per component over all filters, sparse ones included; Infinity and -Infinity without filters. */
  readonly min: Float64Array
  readonly max: Float64Array
}

/** What the second pass over the filters keeps of a layer. */
export interface LayerCoefficients extends Histograms {
  readonly model: string
  readonly layer_id: number
}

/** The coefficients of all layers in one basis over one range. */
export interface Coefficients {
  /** Common to all components: minimum and maximum of all coefficients of all filters, sparse ones included. */
  readonly range: readonly [low: number, high: number]
  /** Basis of all compared models; its explained variance ratio weighs the shift. */
  readonly basis: PrincipalComponents
  /** In the order of the layer table. */
  readonly layers: readonly LayerCoefficients[]
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
