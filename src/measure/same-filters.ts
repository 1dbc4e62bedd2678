import type { LayerRow } from './layer-row.ts'

/** Words of a print, which tells a model's filters from those of others: 128 bits tell any number of networks apart. */
export const PRINT_WORDS = 4

/** Adds a layer to the print of its model, from zeros, layer by layer: its statistics differ as soon as its filters do, but for their order. */
export function mixLayer(print: Uint32Array, { filters, raw: { mean, scatter } }: Pick<LayerRow, 'filters' | 'raw'>): void {
  mix(print, filters)
  for (let k = 0; k < mean.length; k++) mix(print, mean[k]!)
  for (let k = 0; k < scatter.length; k++) mix(print, scatter[k]!)
}

const double = new Float64Array(1)
const halves = new Uint32Array(double.buffer)

/** Mixes a number into a print, of its four words two at a time (multiplication, rotation and addition as in MurmurHash3). */
function mix(print: Uint32Array, value: number): void {
  double[0] = value + 0 // one zero
  let a = print[0]!
  let b = print[1]!
  let c = print[2]!
  let d = print[3]!
  a = Math.imul(rotate(a ^ Math.imul(halves[0]!, 0x239b961b), 19) + b, 5) + 0x561ccd1b
  b = Math.imul(rotate(b ^ Math.imul(halves[1]!, 0xab0e9789), 17) + c, 5) + 0x0bcaa747
  c = Math.imul(rotate(c ^ Math.imul(halves[0]! + halves[1]!, 0x38b34ae5), 15) + d, 5) + 0x96cd1c35
  d = Math.imul(rotate(d ^ Math.imul(halves[0]! ^ halves[1]!, 0xa1e38b93), 13) + a, 5) + 0x32ac3b17
  print[0] = a
  print[1] = b
  print[2] = c
  print[3] = d
}

function rotate(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k))
}

/** The models of a run by their filters. */
export class SameFilters {
  readonly #byPrint = new Map<string, string[]>()

  add(model: string, print: Uint32Array): void {
    const key = print.join(' ')
    const models = this.#byPrint.get(key)
    if (models) models.push(model)
    else this.#byPrint.set(key, [model])
  }

  sentences(): string[] {
    return sameFiltersText([...this.#byPrint.values()])
  }
}

/**
 * A sentence about models whose filters have, layer by layer, the very same statistics: one network under several names is
 * several models in tables and pools. None when all models differ. `sets`: names of the models, those with the same filters together.
 */
export function sameFiltersText(sets: readonly (readonly string[])[]): string[] {
  const several = sets.filter((models) => models.length > 1)
  if (several.length === 0) return []
  const shown = several.slice(0, 3).map((models) => models.join(' = '))
  const more = several.length > 3 ? `; and ${several.length - 3} more` : ''
  return [
    `the same filters under several names, each a model in tables and pools, together one observation in tests and intervals: ${shown.join('; ')}${more}`,
  ]
}
