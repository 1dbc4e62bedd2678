import { elementsOf } from '../weights/elements.ts'
import type { NumberType } from '../weights/numbers.ts'
import type { WeightPlan } from '../weights/plan.ts'
import type { FileTensor } from './source.ts'

/** Where numbers lie that need not be weights: indices, counters, masks. */
export type NumberPlan = Omit<WeightPlan, 'dtype'> & { readonly dtype: NumberType }

/** A stored type that holds no weights, by name; with the numbers where it holds numbers that can be read. */
export interface Unsupported {
  readonly unsupported: string
  readonly numbers?: NumberPlan | (() => Promise<NumberPlan>)
}

/** A tensor whose plan is known, in a file's list. */
export function fileTensor(name: string, shape: readonly number[], stored: WeightPlan | Unsupported): FileTensor {
  const isOther = 'unsupported' in stored
  return {
    name,
    shape,
    type: isOther ? stored.unsupported : stored.dtype,
    async elements() {
      const given = isOther ? stored.numbers : stored
      if (!given) return `numbers stored as ${isOther ? stored.unsupported : stored.dtype} are not read`
      const plan: NumberPlan = typeof given === 'function' ? await given() : given
      const { strides, dequantise } = plan
      return elementsOf({
        access: plan.access,
        offset: plan.offset,
        dtype: plan.dtype,
        shape,
        ...(strides && shape.length === 4 && { strides }),
        ...(dequantise && { dequantise }),
      })
    },
  }
}
