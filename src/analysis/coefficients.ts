/** Number of equal bins of a coefficient histogram. */
export const coefficientBins = 70

/**
 * What the second pass over the filters keeps of a layer, per component of the basis (9 of them, or as many as taps).
 * Histograms, minima and maxima are of the non-sparse filters.
 */
export interface LayerCoefficients {
  readonly model: string
  readonly layer_id: number
  /** Non-sparse filters. */
  readonly filters: number
  /** components × 70, row-major; the last bin is closed. */
  readonly counts: Uint32Array
  /** Infinity and -Infinity for a layer without non-sparse filters. */
  readonly min: Float64Array
  readonly max: Float64Array
}

/** The coefficients of all layers in one basis over one range. */
export interface Coefficients {
  /** Common to all components: minimum and maximum of all coefficients of all filters, sparse ones included. */
  readonly range: readonly [low: number, high: number]
  /** Explained variance ratio of the basis: the weights of the shift. */
  readonly explained_variance_ratio: Float64Array
  /** In the order of the layer table. */
  readonly layers: readonly LayerCoefficients[]
}

/** Histograms of a group of layers. */
export interface Histograms {
  readonly components: number
  readonly filters: number
  /** components × 70. */
  readonly counts: Float64Array
  readonly min: Float64Array
  readonly max: Float64Array
}

/** Histograms of layers together; `times` says how often a layer counts (default once). An exact sum of whole numbers. */
export function mergeHistograms(
  layers: Iterable<LayerCoefficients>,
  components: number,
  times: (layer: LayerCoefficients) => number = () => 1,
): Histograms {
  const counts = new Float64Array(components * coefficientBins)
  const min = new Float64Array(components).fill(Infinity)
  const max = new Float64Array(components).fill(-Infinity)
  let filters = 0
  for (const layer of layers) {
    if (layer.counts.length !== counts.length) {
      throw new RangeError(
        `histograms of ${layer.counts.length / coefficientBins} and of ${components} components cannot be merged`,
      )
    }
    const weight = times(layer)
    if (weight === 0) continue
    filters += weight * layer.filters
    for (let k = 0; k < counts.length; k++) counts[k] = counts[k]! + weight * layer.counts[k]!
    for (let c = 0; c < components; c++) {
      min[c] = Math.min(min[c]!, layer.min[c]!)
      max[c] = Math.max(max[c]!, layer.max[c]!)
    }
  }
  return { components, filters, counts, min, max }
}
