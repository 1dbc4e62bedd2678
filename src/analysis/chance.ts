import type { ShiftDrawCalls, ShiftScale } from '../wasm/shift-draws.ts'
import { coefficientBins } from './coefficients.ts'
import type { Exchange } from './exchange.ts'
import { holm } from './holm.ts'
import { quantile } from './quantile.ts'
import type { Chance } from './report-types.ts'
import { zeroDensity } from './shift.ts'

/** The two quantiles between which a resampled shift lies with 95 %. */
const [LOW, HIGH] = [0.025, 0.975]

/** The scale of shifts in a basis over a range. */
export function scaleOf(explainedVarianceRatio: ArrayLike<number>, [low, high]: readonly [number, number]): ShiftScale {
  return { ratios: explainedVarianceRatio, width: (high - low) / coefficientBins, floor: zeroDensity }
}

/** What chance gives beside a shift, before it is corrected for many. */
export type RawChance = Omit<Chance, 'p_holm' | 'family'>

/** Of the rows of an exchange's units; null where too few draws have counts on both sides. */
export function chanceOf(
  shift: number,
  rows: readonly Float64Array[],
  { units, observed, exchanged, resampled }: Exchange,
  unit: Chance['unit'],
  scale: ShiftScale,
  { shiftsOfDraws }: Pick<ShiftDrawCalls, 'shiftsOfDraws'>,
): RawChance | null {
  const [own, drawn, again] = shiftsOfDraws(rows, scale, [observed, exchanged, ...(resampled ? [resampled] : [])])
  const level = levelUnderDraws(shift, own![0]!, drawn!)
  if (!level) return null
  return { unit, units, ...level, interval: again ? pivotal(shift, own![0]!, again) : null }
}

/** Median, 95 % quantile and p of a shift under draws. `own`: the shift itself as the draws are computed. */
export function levelUnderDraws(
  shift: number,
  own: number,
  draws: Float64Array,
): Pick<RawChance, 'median' | 'high' | 'excess' | 'p'> | null {
  const sorted = definedOf(shift, own, draws)
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

/** Pivotal bootstrap interval of the excess: resampling lifts a shift as sampling has lifted it. */
function pivotal(shift: number, own: number, draws: Float64Array): [low: number, high: number] | null {
  const sorted = definedOf(shift, own, draws)
  if (sorted === null) return null
  return [Math.max(0, 2 * shift - quantile(sorted, HIGH)), Math.max(0, 2 * shift - quantile(sorted, LOW))]
}

/** Draws with counts on both sides, upwards; those that are the filters as they are, to the bit the shift itself. Null for few. */
function definedOf(shift: number, own: number, draws: Float64Array): Float64Array | null {
  const kept = draws.filter((draw) => !Number.isNaN(draw))
  if (2 * kept.length < draws.length) return null
  return kept.map((draw) => (draw === own ? shift : draw)).sort()
}

/** Corrected by Holm's method, family by family. */
export function withHolm(raw: readonly (RawChance | null)[], families: readonly string[]): (Chance | null)[] {
  const members = new Map<string, number[]>()
  for (const [k, family] of families.entries()) members.set(family, [...(members.get(family) ?? []), k])
  const found = raw.map((): Chance | null => null)
  for (const own of members.values()) {
    const tested = own.filter((k) => raw[k] !== null)
    const corrected = holm(tested.map((k) => raw[k]!.p))
    for (const [i, k] of tested.entries()) found[k] = { ...raw[k]!, p_holm: corrected[i]!, family: tested.length }
  }
  return found
}
