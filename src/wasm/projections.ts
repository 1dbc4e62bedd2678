import type { Arena } from './arena.ts'
import type { ModuleExports } from './exports.generated.ts'
import { maxBins, maxCounts, requireTaps } from './limits.ts'

/** A basis of coefficients: mean (taps) and components as rows (taps × taps). */
export interface FilterBasis {
  readonly mean: Float64Array
  readonly components: Float64Array
}

export interface ProjectionCalls {
  /** Smallest and largest coefficient per component, of all filters (a zero filter counts as zeros). */
  coefficientRange(
    address: number,
    filters: number,
    taps: number,
    basis: FilterBasis,
  ): { lowest: Float64Array; highest: Float64Array }
  /**
   * Adds the coefficients of the non-sparse filters to `counts` (taps × bins, components as rows), over `bins` (at most 1,024)
   * equal bins of [low, high] as numpy.histogram does: half-open but the last.
   */
  coefficientHistogram(
    address: number,
    filters: number,
    taps: number,
    basis: FilterBasis,
    range: { low: number; high: number; limit: number; strict?: boolean },
    counts: Float64Array,
  ): void
  /** The bins + 1 edges of those bins (numpy.linspace; low - 0.5 … high + 0.5 when both are equal). */
  binEdges(low: number, high: number, bins: number): Float64Array
}

export function projectionCalls(wasm: ModuleExports, { work, out, f64 }: Arena): ProjectionCalls {
  /** Mean and components to `out`; the addresses of both, and of the free space behind them. */
  const putBasis = (basis: FilterBasis, taps: number) => {
    requireTaps(taps)
    const components = out + 8 * taps
    const free = components + 8 * taps * taps
    f64(out, taps).set(basis.mean)
    f64(components, taps * taps).set(basis.components)
    return { mean: out, components, free }
  }
  return {
    coefficientRange(address, filters, taps, basis) {
      const { mean, components, free } = putBasis(basis, taps)
      const above = free + 8 * taps
      f64(free, taps).fill(Number.POSITIVE_INFINITY)
      f64(above, taps).fill(Number.NEGATIVE_INFINITY)
      wasm.coefficientRange(address, filters, taps, mean, components, free, above, work)
      return { lowest: f64(free, taps).slice(), highest: f64(above, taps).slice() }
    },
    coefficientHistogram(address, filters, taps, basis, { low, high, limit, strict = false }, counts) {
      const { mean, components, free } = putBasis(basis, taps)
      const bins = counts.length / taps
      if (counts.length > maxCounts || bins > maxBins || bins < 1 || bins !== Math.floor(bins))
        throw new RangeError(`${counts.length} counts are not 1 to ${maxBins} bins for each of ${taps} components`)
      const edges = free + 8 * counts.length
      const tables = edges + 8 * (bins + 1)
      f64(free, counts.length).set(counts)
      wasm.coefficientHistogram(
        ...([address, filters, taps, limit, strict, mean, components] as const),
        ...([low, high, bins, free, edges, tables, work] as const),
      )
      counts.set(f64(free, counts.length))
    },
    binEdges(low, high, bins) {
      if (bins > maxBins) throw new RangeError(`${bins} bins: at most ${maxBins} are supported`)
      wasm.binEdges(low, high, bins, work)
      return f64(work, bins + 1).slice()
    },
  }
}
