import type { ShiftDrawCalls, ShiftScale } from '../wasm/shift-draws.ts'
import { levelUnderDraws, type RawChance } from './chance.ts'
import { coefficientBins } from './coefficients.ts'

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
): RawChance | null {
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
