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
  const sum = new LayerSum()
  for (const layer of layers) sum.add(layer)
  return sum.total()
}

/** The same for layers that come one after the other and need not be kept. */
export class LayerSum {
  #layers = 0
  #filters = 0
  #sparse = 0
  #entropy = 0
  #entropyWeight = 0
  #orthogonality = 0
  #orthogonalityWeight = 0

  add(layer: Weighable): void {
    this.#layers++
    this.#filters += layer.filters
    this.#sparse += layer.sparse_filters
    if (layer.variance_entropy !== null) {
      const weight = layer.filters - layer.sparse_filters
      this.#entropy += weight * layer.variance_entropy
      this.#entropyWeight += weight
    }
    if (layer.orthogonality !== null) {
      this.#orthogonality += layer.out_channels * layer.orthogonality
      this.#orthogonalityWeight += layer.out_channels
    }
  }

  total(): Aggregate {
    return {
      layers: this.#layers,
      filters: this.#filters,
      sparse_filters: this.#sparse,
      sparsity: this.#filters > 0 ? this.#sparse / this.#filters : null,
      variance_entropy: this.#entropyWeight > 0 ? this.#entropy / this.#entropyWeight : null,
      orthogonality: this.#orthogonalityWeight > 0 ? this.#orthogonality / this.#orthogonalityWeight : null,
    }
  }
}
