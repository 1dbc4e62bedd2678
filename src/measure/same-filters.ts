import { createSha256 } from '#io'
import type { Sha256 } from '../io/platform.ts'
import type { LayerRow } from './layer-row.ts'

const encoder = new TextEncoder()

/** What tells a model's filters from those of others: a hash of its layers' statistics, layer by layer. */
export class FilterPrint {
  readonly #hash: Sha256

  static async open(): Promise<FilterPrint> {
    return new FilterPrint(await createSha256())
  }

  private constructor(hash: Sha256) {
    this.#hash = hash
  }

  add(row: Pick<LayerRow, 'filters' | 'raw'>): void {
    this.#hash.update(encoder.encode(printOf(row)))
  }

  /** To be asked once, when all layers are added. */
  hex(): string {
    return this.#hash.hex()
  }
}

/** Statistics of a layer that differ as soon as its filters do, but for their order. */
function printOf({ filters, raw }: Pick<LayerRow, 'filters' | 'raw'>): string {
  return `${filters} ${raw.mean.join(' ')} ${raw.scatter.join(' ')}\n`
}

/** The models of a run by their filters. */
export class SameFilters {
  readonly #byPrint = new Map<string, string[]>()

  add(model: string, print: FilterPrint): void {
    const hex = print.hex()
    const models = this.#byPrint.get(hex)
    if (models) models.push(model)
    else this.#byPrint.set(hex, [model])
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
