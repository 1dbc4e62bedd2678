import { listsByKey } from '../measure/lists-by-key.ts'
import { definedDraws, levelUnderDraws } from '../shift/level.ts'
import { quantile } from '../shift/quantile.ts'
import type { ShiftDrawCalls, ShiftScale } from '../wasm/shift-draws.ts'
import type { Exchange } from './exchange.ts'
import { holm } from './holm.ts'
import type { Chance } from './report-types.ts'

/** The two quantiles between which a resampled shift lies with 95 %. */
const [LOW, HIGH] = [0.025, 0.975]

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

/** Pivotal bootstrap interval of the excess: resampling lifts a shift as sampling has lifted it. */
function pivotal(shift: number, own: number, draws: Float64Array): [low: number, high: number] | null {
  const sorted = definedDraws(shift, own, draws)
  if (sorted === null) return null
  return [Math.max(0, 2 * shift - quantile(sorted, HIGH)), Math.max(0, 2 * shift - quantile(sorted, LOW))]
}

/** Corrected by Holm's method, family by family. */
export function withHolm(raw: readonly (RawChance | null)[], families: readonly string[]): (Chance | null)[] {
  const members = listsByKey(families.keys(), (k) => families[k]!)
  const found = raw.map((): Chance | null => null)
  for (const own of members.values()) {
    const tested = own.filter((k) => raw[k] !== null)
    const corrected = holm(tested.map((k) => raw[k]!.p))
    for (const [i, k] of tested.entries()) found[k] = { ...raw[k]!, p_holm: corrected[i]!, family: tested.length }
  }
  return found
}
