import type { LayerRow } from '../measure/layer-row.ts'
import { sameFiltersText } from '../measure/same-filters.ts'
import type { LayerStatistic } from './layer-statistic.ts'
import type { Member } from './members.ts'

/** Words of a print: 128 bits tell any number of networks apart. */
const WORDS = 4

/** Of each compared model, what tells its filters from those of others, of its measured rows alone: 16 bytes a model. */
export class FilterPrints implements LayerStatistic {
  readonly #prints: Uint32Array
  readonly #any: Uint8Array

  constructor(models: number) {
    this.#prints = new Uint32Array(WORDS * models)
    this.#any = new Uint8Array(models)
  }

  add({ index, group }: Pick<Member, 'index' | 'group'>, { filters, raw: { mean, scatter } }: LayerRow): void {
    if (group === null) return
    const print = this.#prints.subarray(WORDS * index, WORDS * (index + 1))
    this.#any[index] = 1
    mix(print, filters)
    for (let k = 0; k < mean.length; k++) mix(print, mean[k]!)
    for (let k = 0; k < scatter.length; k++) mix(print, scatter[k]!)
  }

  /** By index, a number for each model: the same for those with the same filters. A model without layers is like no other. */
  classes(): Uint32Array {
    const known = new Map<string, number>()
    return Uint32Array.from(this.#any, (any, index) => {
      if (any === 0) return index
      const key = this.#prints.subarray(WORDS * index, WORDS * (index + 1)).join(' ')
      const found = known.get(key)
      if (found === undefined) known.set(key, index)
      return found ?? index
    })
  }

  /** The sentence of `sameFiltersText` about the members. */
  sentences(members: readonly Member[]): string[] {
    const classes = this.classes()
    const alike = new Map<number, string[]>()
    for (const { index, row } of members) {
      const models = alike.get(classes[index]!)
      if (models) models.push(row.model)
      else alike.set(classes[index]!, [row.model])
    }
    return sameFiltersText([...alike.values()])
  }
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
