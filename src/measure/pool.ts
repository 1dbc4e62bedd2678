import { startMeasureWorker } from '#threads'
import type { WorkerHandle } from '../io/platform.ts'
import type { RandomAccess } from '../io/random-access.ts'
import { compileModule, openInstance } from '../wasm/module.ts'
import { isInOrder } from '../weights/reader.ts'
import { MEMORY_BUDGET, type PassOptions, type PassResult } from './layer-pass.ts'
import { type LayerJob, localMeasurer, type Measurer, workOf } from './measurer.ts'
import { addSums, originsOf, type Part, type PartResult, type PoolReply, type SentLayer } from './pool-protocol.ts'
import { PoolThread } from './pool-thread.ts'
import { revivedError, sentLayer } from './sent-layer.ts'
import { measureShared } from './shared-layer.ts'

/** Small layers travel together up to this much work (nanoseconds, roughly) and number. */
const BATCH_WORK = 5e6
const BATCH_LAYERS = 64
/** A layer of more work is shared out when fewer layers than workers wait. */
export const SHARED_WORK = 2e8
/** Bytes of float32 above which a scattered layer is measured here, held as a whole: parts of it would each read all that is stored. */
const SCATTERED_MOST = 64 << 20
/** Bytes of weights that a thread may hold, at least. */
const LEAST_BUDGET = 4 << 20

interface WaitingLayer {
  readonly job: LayerJob
  readonly work: number
  resolve(result: PassResult): void
  reject(error: unknown): void
}

interface WaitingPart {
  /** Of the layer. */
  readonly key: number
  readonly layer: SentLayer
  /** Where the layer's bytes lie. */
  readonly access: RandomAccess
  readonly part: Part
  resolve(result: PartResult): void
  reject(error: unknown): void
}

/**
 * Measures layers in `count` worker threads, each with an instance of the module of its own: small layers travel in batches,
 * a large one is shared out by segments and panels. Sums are put together in the layer's order, so the numbers are those of
 * one thread. Resolves when the first thread is up.
 * @throws Error when the threads cannot be started
 */
export async function openPool(count: number, options: PassOptions): Promise<Measurer> {
  const pool = new Pool(
    Array.from({ length: count }, () => startMeasureWorker()),
    options,
    compileModule(), // meanwhile the threads start
  )
  await pool.up()
  return pool
}

/** Gives layers, batches of them and parts of them to threads as they have room. */
class Pool implements Measurer {
  readonly ahead: number
  readonly #count: number
  readonly #options: PassOptions
  readonly #module: Promise<WebAssembly.Module>
  /** Those that are up or may still come up. */
  #threads: readonly PoolThread[]
  readonly #layers: WaitingLayer[] = []
  /** Parts of a layer that is shared out: they come first. */
  readonly #parts: WaitingPart[] = []
  #isSharing = false
  #keys = 0
  #closed: Error | undefined
  /** This thread, one layer after the other; as it holds one at a time, it may hold as much as all threads. */
  #here: Promise<Measurer> | undefined
  readonly #ownOptions: PassOptions

  constructor(handles: readonly WorkerHandle[], options: PassOptions, module: Promise<WebAssembly.Module>) {
    this.#count = handles.length
    this.ahead = BATCH_LAYERS * this.#count
    // A thread may hold its part of a layer that is shared out, and a layer of its own.
    const budget = Math.max(LEAST_BUDGET, Math.floor((options.budget ?? MEMORY_BUDGET) / (2 * this.#count)))
    const own = { ...options, budget }
    this.#ownOptions = options
    this.#options = own
    this.#module = module
    const start = module.then((compiled) => ({ kind: 'start', module: compiled, options: own }) as const)
    const listener = {
      onRoom: () => this.#pump(),
      onFailure: (error: Error, thread: PoolThread, wasUp: boolean) => {
        if (wasUp) this.#fail(error)
        else this.#threads = this.#threads.filter((other) => other !== thread) // the others do its part
      },
    }
    this.#threads = handles.map((handle) => new PoolThread(handle, start, listener))
  }

  /** Resolves when the first thread is up; the others join when they are. @throws Error when none comes up */
  async up(): Promise<void> {
    try {
      await Promise.any(this.#threads.map(({ up }) => up))
    } catch (error) {
      await this.close()
      throw error instanceof AggregateError ? error.errors[0] : error
    }
  }

  measure(job: LayerJob): Promise<PassResult> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(this.#closed)
      this.#layers.push({ job, work: workOf(job, this.#options), resolve, reject })
      this.#pump()
    })
  }

  async close(): Promise<void> {
    this.#fail(new Error('the measuring threads were ended'))
    await Promise.all(this.#threads.map((thread) => thread.end()))
  }

  #fail(error: Error): void {
    this.#closed ??= error
    for (const { reject } of [...this.#layers.splice(0), ...this.#parts.splice(0)]) reject(this.#closed)
    for (const thread of this.#threads) thread.rejectAll(this.#closed)
  }

  /** Gives every thread with room something to do. */
  #pump(): void {
    for (const thread of this.#threads) {
      while (!this.#closed && thread.hasRoom) {
        const part = this.#parts.shift()
        if (part) void this.#sendPart(thread, part)
        else if (!this.#sendLayers(thread)) break
      }
    }
  }

  /** @returns false when no layer waits that can be sent now */
  #sendLayers(thread: PoolThread): boolean {
    const next = this.#layers.findIndex((waiting) => !this.#isSharing || !this.#isShared(waiting, this.#layers.length))
    if (next < 0) return false
    const [head] = this.#layers.splice(next, 1) as [WaitingLayer]
    if (this.#isShared(head, this.#layers.length)) void this.#shareOut(head)
    else void this.#sendBatch(thread, [head, ...takeBatch(this.#layers, next, head.work)])
    return true
  }

  /** A layer that would keep one thread long while the others have little to do. */
  #isShared({ job, work }: WaitingLayer, waiting: number): boolean {
    return work > SHARED_WORK && waiting < this.#count && originsOf(job.plan.access) !== undefined && !isLargeScattered(job)
  }

  async #sendPart(thread: PoolThread, { key, layer, access, part, resolve, reject }: WaitingPart): Promise<void> {
    const { id, reply, free } = thread.take()
    try {
      thread.post({ kind: 'part', id, key, layer, part })
      const { result, sums } = (await reply) as Extract<PoolReply, { kind: 'part' }>
      addSums(access, sums)
      if ('error' in result) reject(revivedError(result.error))
      else resolve(result)
    } catch (error) {
      free()
      reject(error)
    }
  }

  async #sendBatch(thread: PoolThread, batch: readonly WaitingLayer[]): Promise<void> {
    const { id, reply, free } = thread.take() // before the bytes are read
    try {
      const sent = await this.#prepare(batch)
      if (this.#closed) throw this.#closed
      if (sent.length === 0) return free()
      const transfer = sent.flatMap(({ layer }) => (layer.bytes.kind === 'sent' ? [layer.bytes.bytes] : []))
      thread.post({ kind: 'layers', id, layers: sent.map(({ layer }) => layer) }, transfer)
      const { results } = (await reply) as Extract<PoolReply, { kind: 'layers' }>
      sent.forEach(({ waiting }, k) => {
        const { result, sums } = results[k]!
        addSums(waiting.job.plan.access, sums)
        if ('error' in result) waiting.reject(revivedError(result.error))
        else waiting.resolve(result)
      })
    } catch (error) {
      free()
      for (const { reject } of batch) reject(error)
    }
  }

  /** The layers of a batch as they are sent; one that cannot be read is rejected, one that cannot be sent measured here. */
  async #prepare(batch: readonly WaitingLayer[]): Promise<{ waiting: WaitingLayer; layer: SentLayer }[]> {
    const sent: { waiting: WaitingLayer; layer: SentLayer }[] = []
    for (const waiting of batch) {
      try {
        const layer = isLargeScattered(waiting.job) ? undefined : await sentLayer(waiting.job, this.#options.budget!)
        if (layer) sent.push({ waiting, layer })
        else void this.#measureHere(waiting)
      } catch (error) {
        waiting.reject(error)
      }
    }
    return sent
  }

  /** A layer whose bytes exist only here and are too many to be sent, or of which every part reads all that is stored. */
  async #measureHere({ job, resolve, reject }: WaitingLayer): Promise<void> {
    try {
      this.#here ??= this.#module.then(async (module) => localMeasurer(this.#ownOptions, await openInstance(module)))
      resolve(await (await this.#here).measure(job))
    } catch (error) {
      reject(error)
    }
  }

  /** Its parts are queued in a moment; until then other layers may go on. One layer is shared out at a time. */
  async #shareOut({ job, resolve, reject }: WaitingLayer): Promise<void> {
    this.#isSharing = true
    const key = this.#keys++
    try {
      const layer = (await sentLayer(job, this.#options.budget!))!
      const of = { key, layer, access: job.plan.access }
      resolve(await measureShared(job, this.#options, (parts, take) => this.#runParts(of, parts, take)))
    } catch (error) {
      reject(error)
    }
    if (!this.#closed) for (const thread of this.#threads) thread.post({ kind: 'forget', key })
    this.#isSharing = false
    this.#pump()
  }

  #runParts(
    of: Pick<WaitingPart, 'key' | 'layer' | 'access'>,
    parts: readonly Part[],
    take: (result: PartResult, k: number) => PartResult = (result) => result,
  ): Promise<PartResult[]> {
    const results = parts.map((part, k) =>
      new Promise<PartResult>((resolve, reject) => this.#parts.push({ ...of, part, resolve, reject })).then((result) =>
        take(result, k),
      ),
    )
    this.#pump()
    return Promise.all(results)
  }
}

function isLargeScattered(job: LayerJob): boolean {
  const isScattered = job.plan.access.grid !== undefined || !isInOrder(job.plan, job.shape)
  return job.shape.reduce((product, n) => product * n, 4) > SCATTERED_MOST && isScattered
}

/** Takes the layers from `at` on that travel with one of `work` before them. */
export function takeBatch<Layer extends { readonly work: number }>(waiting: Layer[], at: number, work: number): Layer[] {
  let count = 0
  let sum = work
  while (count < BATCH_LAYERS - 1) {
    const another = waiting[at + count]
    if (!another || sum + another.work > BATCH_WORK) break
    sum += another.work
    count++
  }
  return waiting.splice(at, count)
}
