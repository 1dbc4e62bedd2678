import * as v from 'valibot'
import { tapsOf } from '../measure/kernel-size.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { MomentsSum } from '../wasm/moments.ts'
import { basisEntries, basisParts } from './basis-parts.ts'
import { countIn, filtersIn, textIn, textOrNull } from './report-kinds.ts'
import type { Described } from './report-types.ts'

/** PCA of the scaled non-sparse filters of one model, of one kernel size. */
export const modelBasisSchema = v.object({
  model: textIn('the model'),
  kernel: textIn('rows × columns of its filters'),
  layers: countIn('layers in it'),
  filters: filtersIn('filters in it: the non-sparse ones'),
  ...basisEntries,
  because: textOrNull('why there is no basis; null where there is one'),
})

export interface ModelBasis extends Described<typeof modelBasisSchema> {}

/** The basis of each model, summed while the layers come one after the other. */
export class ModelBasisSums {
  readonly #sums = new Map<
    string,
    { readonly model: string; readonly kernel: string; layers: number; readonly moments: MomentsSum }
  >()

  add({ model, kernel, scaled }: Pick<LayerRow, 'model' | 'kernel' | 'scaled'>): void {
    const key = `${kernel}/${model}`
    let own = this.#sums.get(key)
    if (!own) this.#sums.set(key, (own = { model, kernel, layers: 0, moments: new MomentsSum() }))
    own.layers++
    own.moments.add(scaled)
  }

  rows(): ModelBasis[] {
    return [...this.#sums.values()].map(({ model, kernel, layers, moments: sum }): ModelBasis => {
      const moments = sum.total(tapsOf(kernel))
      return { model, kernel, layers, filters: moments.count, ...basisParts(moments) }
    })
  }
}
