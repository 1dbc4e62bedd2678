import type { LayerStatistics, Outcome } from './metric.ts'
import { notAskedFor } from './metric.ts'
import { sumOfSquares } from './value-moments.ts'

/** What all metrics of the spectrum have in common. */
export const spectral = {
  type: 'float64',
  format: 'number',
  chance: null,
  overall: null,
  inOlderTables: 'unknown',
  group: 'spectrum',
  compared: null,
} as const

/** When one of them has no value. */
export const withoutSpectrum = 'not asked for (`--metrics spectrum`)'

/** A value of the layer's spectrum, where that was asked for. */
export function ofSpectrum(
  { spectrum }: Pick<LayerStatistics, 'spectrum'>,
  value: (found: NonNullable<LayerStatistics['spectrum']>) => Outcome,
): Outcome {
  return spectrum === undefined ? notAskedFor : value(spectrum)
}

/** ‖W‖²_F over the square of the largest singular value, within 1 and the rank. */
export function stableRank(layer: Pick<LayerStatistics, 'spectrum' | 'raw' | 'taps'>): Outcome {
  return ofSpectrum(layer, ({ norm }) =>
    norm > 0 ? Math.max(1, sumOfSquares(layer) / (norm * norm)) : { because: 'all its weights are zero' },
  )
}
