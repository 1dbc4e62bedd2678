import type { ShiftDrawCalls, ShiftScale } from '../wasm/shift-draws.ts'
import { coefficientBins } from './bins.ts'
import { type ChanceLevel, levelUnderDraws } from './level.ts'

/** What dealing filters out at random gives. */
export interface HalvesChance extends ChanceLevel {
  readonly unit: 'filter'
  /** Filters that were dealt out. */
  readonly units: number
  readonly interval: null
}

/**
 * What chance gives between two sets of filters that are alike: the filters of both are thrown together and dealt out again, each
 * to a side by a coin of the sides' sizes, component by component. `a`, `b`: counts, components × bins.
 */
export function halvesChance(
  shift: number,
  a: Float64Array,
  b: Float64Array,
  scale: ShiftScale,
  { shiftsOfDraws, shiftsOfDivisions }: ShiftDrawCalls,
  { seed, draws }: { readonly seed: number; readonly draws: number },
): HalvesChance | null {
  const both = a.map((count, k) => count + b[k]!)
  let [ofA, ofBoth] = [0, 0]
  for (let k = 0; k < coefficientBins; k++) {
    ofA += a[k]!
    ofBoth += both[k]!
  }
  const [own] = shiftsOfDraws([a, b], scale, [{ draws: 1, a: Uint16Array.of(0), b: Uint16Array.of(1) }])
  const level = levelUnderDraws(shift, own![0]!, shiftsOfDivisions(both, scale, { draws, share: ofA / ofBoth, seed }))
  return level && { unit: 'filter', units: ofBoth, ...level, interval: null }
}
