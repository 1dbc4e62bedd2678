import type { PrincipalComponents } from './principal-components.ts'

/** Number of equal bins of a coefficient histogram. */
export const coefficientBins = 70

/** Coefficient histograms of a set of filters, per component of the basis (9 of them, or as many as taps). */
export interface Histograms {
  /** Non-sparse filters: what the histograms hold. */
  readonly filters: number
  /** components × 70, row-major; the last bin is closed. */
  readonly counts: ArrayLike<number>
  /** Smallest and largest coefficient per component over all filters, sparse ones included; Infinity and -Infinity without filters. */
  readonly min: ArrayLike<number>
  readonly max: ArrayLike<number>
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

/** Histograms of several sets together; `times` says how often a set counts (default once). An exact sum of whole numbers. */
export function mergeHistograms<T extends Histograms>(
  sets: Iterable<T>,
  components: number,
  times: (set: T) => number = () => 1,
): Histograms {
  const counts = new Float64Array(components * coefficientBins)
  const min = new Float64Array(components).fill(Infinity)
  const max = new Float64Array(components).fill(-Infinity)
  let filters = 0
  for (const set of sets) {
    if (set.counts.length !== counts.length) {
      throw new RangeError(
        `histograms of ${set.counts.length / coefficientBins} and of ${components} components cannot be merged`,
      )
    }
    const weight = times(set)
    if (weight === 0) continue
    filters += weight * set.filters
    for (let k = 0; k < counts.length; k++) counts[k] = counts[k]! + weight * set.counts[k]!
    for (let c = 0; c < components; c++) {
      min[c] = Math.min(min[c]!, set.min[c]!)
      max[c] = Math.max(max[c]!, set.max[c]!)
    }
  }
  return { filters, counts, min, max }
}
