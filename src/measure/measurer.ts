import { processors } from '#threads'
import type { WasmInstance } from '../wasm/module.ts'
import { readerInOrder } from '../weights/in-order.ts'
import type { ConvShape, WeightPlan } from '../weights/plan.ts'
import { MEMORY_BUDGET, measureWeights, type PassOptions, type PassResult } from './layer-pass.ts'
import { SCATTERED_TIMES } from './layer-session.ts'

/** A layer to be measured. */
export interface LayerJob {
  readonly plan: WeightPlan
  readonly shape: ConvShape
  /** Groups of the convolution; default 1. */
  readonly groups?: number
}

/** Whoever measures layers: this thread, or a pool of workers. Jobs may be handed in before earlier ones are done. */
export interface Measurer {
  /** Jobs that may usefully wait at a time. */
  readonly ahead: number
  /** Told of jobs that will be handed in, so that threads are up in time. */
  expect?(jobs: readonly LayerJob[]): void
  /** Rejects with an InputError when the layer's bytes cannot be read. */
  measure(job: LayerJob): Promise<PassResult>
  /** What is still waiting is rejected. */
  close(): Promise<void>
}

/** Work in nanoseconds for which threads are started, and that which starting them takes. */
const WORK_FOR_THREADS = 3e8
const WORK_FOR_START = 1e8

/** Roughly the nanoseconds that one thread needs for a layer: what decides where it is measured, never what comes out. */
export function workOf({ shape }: LayerJob, { passes }: Pick<PassOptions, 'passes'>): number {
  const values = shape.reduce((n, d) => n * d, 1)
  return (
    values *
    (4 + (passes.has('gram') ? shape[0] / 40 : 0) + (passes.has('spectrum') ? 200 : 0) + (passes.has('random') ? 250 : 0))
  )
}

/** Measures in the calling thread, one layer after the other. */
export function localMeasurer(options: PassOptions, wasm: WasmInstance): Measurer {
  let last: Promise<unknown> = Promise.resolve()
  let closed = false
  return {
    ahead: 1,
    measure({ plan, shape, groups }) {
      const result = last.then(async () => {
        if (closed) throw new Error('the run was ended')
        const { budget = MEMORY_BUDGET } = options
        const { reader, close } = await readerInOrder(wasm, plan, shape, { held: SCATTERED_TIMES * budget, block: budget })
        try {
          return await measureWeights(wasm, reader, shape, groups === undefined ? options : { ...options, groups })
        } finally {
          await close()
        }
      })
      last = result.catch(() => undefined)
      return result
    },
    async close() {
      closed = true
      await last
    },
  }
}

/** A measurer that is still being opened: inputs are opened meanwhile. When opening fails, every job fails with the reason. */
export function openingMeasurer(opening: Promise<Measurer>): Measurer {
  let ahead = 1
  opening.then(
    (opened) => (ahead = opened.ahead),
    () => undefined, // every job rejects with it
  )
  return {
    get ahead() {
      return ahead
    },
    measure: async (job) => (await opening).measure(job),
    async close() {
      const opened = await opening.catch(() => undefined)
      await opened?.close()
    },
  }
}

/** Work in nanoseconds for which telling another thread costs this one more than doing it. */
const WORK_FOR_SENDING = 2e4

/**
 * Tiny layers of files in this thread, all others in the pool: ten thousand layers of 64 filters cost a third of the processor
 * time, and less of this thread's own, than when each is sent and its result taken. Other bytes (a Blob, an address) are slow to
 * come by, and would be waited for one after the other here.
 */
export function sparingMeasurer(options: PassOptions, here: Measurer, pool: Measurer): Measurer {
  const isTiny = (job: LayerJob): boolean =>
    workOf(job, options) < WORK_FOR_SENDING && (job.plan.access.parts?.[0] ?? job.plan.access).origin?.at.kind === 'path'
  return {
    get ahead() {
      return pool.ahead
    },
    measure: (job) => (isTiny(job) ? here : pool).measure(job),
    async close() {
      await pool.close()
      await here.close()
    },
  }
}

/**
 * Measures in this thread; when the work that is expected is worth it, threads are started, one per processor, and this one
 * goes on until they are up. Stays in this thread where threads cannot be started.
 */
export function growingMeasurer(options: PassOptions, wasm: WasmInstance, start: () => Promise<Measurer>): Measurer {
  const here = localMeasurer(options, wasm)
  let work = 0
  let pool: Promise<Measurer> | undefined
  let opened: Measurer | undefined
  let closed = false
  const open = async (): Promise<Measurer> => {
    try {
      opened = sparingMeasurer(options, here, await start())
      if (closed) await opened.close()
      return opened
    } catch {
      return here
    }
  }
  return {
    get ahead() {
      return opened?.ahead ?? 1
    },
    expect(jobs) {
      work += jobs.reduce((sum, job) => sum + workOf(job, options), 0)
      if (work >= WORK_FOR_THREADS && processors() > 1) pool ??= open()
    },
    measure(job) {
      // A layer that takes longer than threads need to start waits for them.
      if (opened || (pool && workOf(job, options) > WORK_FOR_START)) return pool!.then((measurer) => measurer.measure(job))
      return here.measure(job)
    },
    async close() {
      closed = true
      await (await pool)?.close()
      await here.close()
    },
  }
}
