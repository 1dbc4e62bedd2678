import * as v from 'valibot'
import type { LayerRow } from '../measure/layer-row.ts'
import { MomentsSum } from '../wasm/moments.ts'
import { principalComponents, whyNoBasis } from './principal-components.ts'
import { countIn, filtersIn, listsOrNull, numbersOrNull, textIn, textOrNull } from './report-kinds.ts'
import type { Described } from './report-types.ts'

/** PCA of the scaled non-sparse filters of one model, of one kernel size. */
export const modelBasisSchema = v.object({
  model: textIn('the model'),
  kernel: textIn('rows × columns of its filters'),
  layers: countIn('layers in it'),
  filters: filtersIn('filters in it: the non-sparse ones'),
  mean: numbersOrNull('their mean, a number a tap'),
  components: listsOrNull(
    'the components by falling variance, one after the other; the entry of largest magnitude of each is positive',
  ),
  explained_variance: numbersOrNull('variance along each component'),
  explained_variance_ratio: numbersOrNull('the same as a share of all'),
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
      const [height, width] = kernel.split('x').map(Number)
      const moments = sum.total(height! * width!)
      const row = { model, kernel, layers, filters: moments.count }
      const because = whyNoBasis(moments)
      if (because !== null)
        return { ...row, mean: null, components: null, explained_variance: null, explained_variance_ratio: null, because }
      const { mean, components, explainedVariance, explainedVarianceRatio } = principalComponents(moments)
      const taps = mean.length
      return {
        ...row,
        mean: [...mean],
        components: Array.from({ length: taps }, (_, c) => [...components.subarray(c * taps, (c + 1) * taps)]),
        explained_variance: [...explainedVariance],
        explained_variance_ratio: [...explainedVarianceRatio],
        because: null,
      }
    })
  }
}
