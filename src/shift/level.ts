import type { ShiftScale } from '../wasm/shift-draws.ts'
import { coefficientBins } from './bins.ts'
import { quantile } from './quantile.ts'
import { zeroDensity } from './shift.ts'

/** A shift held against draws in which the sides are alike. */
export interface ChanceLevel {
  /** Median and 95 % quantile of the draws. */
  readonly median: number
  readonly high: number
  /** The shift minus the median. */
  readonly excess: number
  /** Share of the draws, the shift itself among them, that are as large. */
  readonly p: number
}

/** The scale of shifts in a basis over a range. */
export function scaleOf(explainedVarianceRatio: ArrayLike<number>, [low, high]: readonly [number, number]): ShiftScale {
  return { ratios: explainedVarianceRatio, width: (high - low) / coefficientBins, floor: zeroDensity }
}

/** Median, 95 % quantile and p of a shift under draws. `own`: the shift itself as the draws are computed. */
export function levelUnderDraws(shift: number, own: number, draws: Float64Array): ChanceLevel | null {
  const sorted = definedDraws(shift, own, draws)
  if (sorted === null) return null
  const median = quantile(sorted, 0.5)
  // Rounding must not tell apart what is the same division of the filters.
  const least = shift - 1e-12 * shift
  let asLarge = 0
  for (let k = sorted.length - 1; k >= 0 && sorted[k]! >= least; k--) asLarge++
  return {
    median,
    high: quantile(sorted, 0.95),
    excess: shift - median,
    p: (1 + asLarge) / (1 + sorted.length),
  }
}

/** Draws with counts on both sides, upwards; those that are the filters as they are, to the bit the shift itself. Null for few. */
export function definedDraws(shift: number, own: number, draws: Float64Array): Float64Array | null {
  const kept = draws.filter((draw) => !Number.isNaN(draw))
  if (2 * kept.length < draws.length) return null
  return kept.map((draw) => (draw === own ? shift : draw)).sort()
}
