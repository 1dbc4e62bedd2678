import type { LayerRow } from './layer-row.ts'

/** What a weighted mean over layers needs of each. */
export type Weighable = Pick<LayerRow, 'filters' | 'sparse_filters' | 'variance_entropy' | 'orthogonality' | 'out_channels'>

/** The three metrics of several layers together. Null where no layer has a value. */
export interface Aggregate {
  readonly layers: number
  readonly filters: number
  readonly sparse_filters: number
  readonly sparsity: number | null
  readonly variance_entropy: number | null
  readonly orthogonality: number | null
}

/**
 * Metrics of several layers together with the reference's weights (correlation.ipynb): sparsity = sum sparse / sum filters;
 * entropy weighted by non-sparse filters; orthogonality by output channels. A layer whose value is null is left out of both
 * sums. Summed in the order given.
 */
export function aggregateLayers(layers: Iterable<Weighable>): Aggregate {
  let count = 0
  let filters = 0
  let sparse = 0
  let entropy = 0
  let entropyWeight = 0
  let orthogonality = 0
  let orthogonalityWeight = 0
  for (const layer of layers) {
    count++
    filters += layer.filters
    sparse += layer.sparse_filters
    if (layer.variance_entropy !== null) {
      const weight = layer.filters - layer.sparse_filters
      entropy += weight * layer.variance_entropy
      entropyWeight += weight
    }
    if (layer.orthogonality !== null) {
      orthogonality += layer.out_channels * layer.orthogonality
      orthogonalityWeight += layer.out_channels
    }
  }
  return {
    layers: count,
    filters,
    sparse_filters: sparse,
    sparsity: filters > 0 ? sparse / filters : null,
    variance_entropy: entropyWeight > 0 ? entropy / entropyWeight : null,
    orthogonality: orthogonalityWeight > 0 ? orthogonality / orthogonalityWeight : null,
  }
}
