import type { LayerStatistics, Outcome } from './metric.ts'
import { sumOfSquares } from './value-moments.ts'

/** What the shape of a layer's filters is read from. */
export type FilterSums = Pick<LayerStatistics, 'raw' | 'taps' | 'filters' | 'height' | 'width'>

/** Σ f_i·f_j over all filters f: the raw second moment M = scatter + n · mean·meanᵀ at taps i and j. */
export function secondMoment({ raw, taps }: Pick<FilterSums, 'raw' | 'taps'>, i: number, j: number): number {
  return raw.scatter[i * taps + j]! + raw.count * raw.mean[i]! * raw.mean[j]!
}

/** `part` of a layer's energy (Σ w²) over all of it, within [0, 1]; undefined where there is none. */
export function energyShare(layer: FilterSums, part: (layer: FilterSums) => number): Outcome {
  if (layer.filters === 0) return { because: 'the layer has no filters' }
  const energy = sumOfSquares(layer)
  if (!(energy > 0)) return { because: 'all its weights are zero' }
  return Math.min(1, Math.max(0, part(layer) / energy))
}

/** When a share of the energy has no value. */
export const withoutEnergy = 'n = 0, or all weights are zero'
