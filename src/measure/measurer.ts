import { weightReader } from '../filters/weights.ts'
import type { ConvShape, WeightPlan } from '../sources/source.ts'
import { type Kernel, openKernel } from '../wasm.ts'
import { measureWeights, type PassOptions, type PassResult } from './layer-pass.ts'

/** A layer to be measured. */
export interface LayerJob {
  readonly plan: WeightPlan
  readonly shape: ConvShape
}

/** Whoever measures layers: this thread, or a pool of workers. Jobs may be handed in before earlier ones are done. */
export interface Measurer {
  /** Jobs that may usefully wait at a time. */
  readonly ahead: number
  measure(job: LayerJob): Promise<PassResult>
  close(): Promise<void>
}

/** Measures in the calling thread, one layer after the other. */
export async function localMeasurer(options: PassOptions, kernel?: Kernel): Promise<Measurer> {
  const own = kernel ?? (await openKernel())
  let last: Promise<unknown> = Promise.resolve()
  return {
    ahead: 1,
    measure({ plan, shape }) {
      const result = last.then(() => measureWeights(own, weightReader(plan, shape), shape, options))
      last = result.catch(() => undefined)
      return result
    },
    close: async () => undefined,
  }
}
