import type { LayerRow } from '../measure/layer-row.ts'
import { mixLayer, PRINT_WORDS, sameFiltersText } from '../measure/same-filters.ts'
import type { LayerStatistic } from './layer-statistic.ts'
import type { Member } from './members.ts'

/** Of each compared model, what tells its filters from those of others, of its measured rows alone: 16 bytes a model. */
export class FilterPrints implements LayerStatistic {
  readonly #prints: Uint32Array
  readonly #any: Uint8Array

  constructor(models: number) {
    this.#prints = new Uint32Array(PRINT_WORDS * models)
    this.#any = new Uint8Array(models)
  }

  add({ index, group }: Pick<Member, 'index' | 'group'>, layer: LayerRow): void {
    if (group === null) return
    this.#any[index] = 1
    mixLayer(this.#prints.subarray(PRINT_WORDS * index, PRINT_WORDS * (index + 1)), layer)
  }

  /** By index, a number for each model: the same for those with the same filters. A model without layers is like no other. */
  classes(): Uint32Array {
    const known = new Map<string, number>()
    return Uint32Array.from(this.#any, (any, index) => {
      if (any === 0) return index
      const key = this.#prints.subarray(PRINT_WORDS * index, PRINT_WORDS * (index + 1)).join(' ')
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
