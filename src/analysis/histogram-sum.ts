import { coefficientBins, type Histograms } from '../measure/coefficients.ts'

/** Histograms that grow by those of layers, each as often as it counts. An exact sum of whole numbers: in any order the same. */
export class HistogramSum implements Histograms {
  filters = 0
  readonly counts: Float64Array
  readonly min: Float64Array
  readonly max: Float64Array

  constructor(components: number) {
    this.counts = new Float64Array(components * coefficientBins)
    this.min = new Float64Array(components).fill(Infinity)
    this.max = new Float64Array(components).fill(-Infinity)
  }

  /** @throws RangeError when the others have other components */
  add(set: Histograms, times = 1): void {
    this.addRange(set)
    this.addCounts(set, times)
  }

  addRange({ min, max }: Pick<Histograms, 'min' | 'max'>): void {
    for (let c = 0; c < this.min.length; c++) {
      if (min[c]! < this.min[c]!) this.min[c] = min[c]!
      if (max[c]! > this.max[c]!) this.max[c] = max[c]!
    }
  }

  addCounts({ filters, counts: more }: Pick<Histograms, 'filters' | 'counts'>, times = 1): void {
    const counts = this.counts
    if (more.length !== counts.length)
      throw new RangeError(
        `histograms of ${more.length / coefficientBins} and of ${counts.length / coefficientBins} components cannot be merged`,
      )
    this.filters += times * filters
    if (filters > 0) for (let k = 0; k < counts.length; k++) counts[k] = counts[k]! + times * more[k]!
  }
}
