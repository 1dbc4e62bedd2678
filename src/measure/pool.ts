import { startMeasureWorker } from '#threads'
import { InputError } from '../errors.ts'
import type { WorkerHandle } from '../io/platform.ts'
import type { GramTotal } from '../wasm/gram.ts'
import { compileModule, openInstance, sharedInstance, type WasmInstance } from '../wasm/module.ts'
import { spanOf } from '../weights/boxes.ts'
import { weightReader } from '../weights/reader.ts'
import { storedBytes } from '../weights/stored-bytes.ts'
import { combine, MEMORY_BUDGET, measureWeights, type PassOptions, type PassResult } from './layer-pass.ts'
import { panelRows, pieces, SEGMENT } from './layer-session.ts'
import { type LayerJob, type Measurer, workOf } from './measurer.ts'
import {
  originsOf,
  type Part,
  type PartResult,
  type PoolReply,
  type PoolRequest,
  type SentError,
  type SentLayer,
} from './pool-protocol.ts'

/** Requests that a worker has at a time: the next one lies ready when one is done. */
const DEPTH = 2
/** Small layers travel together up to this much work (nanoseconds, roughly) and number. */
const BATCH_WORK = 5e6
const BATCH_LAYERS = 64
/** A layer of more work is shared out when fewer layers than workers wait. */
export const SHARED_WORK = 2e8
/** Bytes of weights that a thread may hold, at least. */
const LEAST_BUDGET = 4 << 20
/** Filters of a part that is shared out. */
const PART = 4 * SEGMENT

interface Waiting {
  readonly job: LayerJob
  readonly work: number
  resolve(result: PassResult): void
  reject(error: unknown): void
}

interface PartTask {
  readonly key: number
  readonly layer: SentLayer
  readonly part: Part
  resolve(result: PartResult): void
  reject(error: unknown): void
}

interface Thread {
  readonly handle: WorkerHandle
  /** Whether it has said that it is up. */
  ready: boolean
  readonly running: Map<number, { settle(reply: PoolReply): void; reject(error: unknown): void }>
}

/**
 * Measures layers in `count` worker threads, each with an instance of the module of its own: small layers travel in batches, a large one is
 * shared out by segments and panels. Sums are put together in the layer's order, so the numbers are those of one thread.
 * Resolves when the first thread is up.
 * @throws Error when the threads cannot be started
 */
export async function openPool(count: number, options: PassOptions): Promise<Measurer> {
  // A thread may hold its part of a layer that is shared out, and a layer of its own.
  const budget = Math.max(LEAST_BUDGET, Math.floor((options.budget ?? MEMORY_BUDGET) / (2 * count)))
  const own: PassOptions = { ...options, budget }
  const module = compileModule() // meanwhile the threads start
  const threads: Thread[] = []
  const queue: Waiting[] = []
  const parts: PartTask[] = []
  let ids = 0
  let sharing = false
  let closed: Error | undefined
  let local: Promise<WasmInstance> | undefined

  const fail = (error: Error): void => {
    closed ??= error
    for (const { reject } of [...queue.splice(0), ...parts.splice(0)]) reject(closed)
    for (const { running } of threads) {
      for (const { reject } of running.values()) reject(closed)
      running.clear()
    }
  }
  const send = <T>(
    thread: Thread,
    make: (id: number) => PoolRequest,
    pick: (reply: PoolReply) => T,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<T> => {
    const id = ids++
    return new Promise((resolve, reject) => {
      thread.running.set(id, {
        settle(reply) {
          thread.running.delete(id)
          resolve(pick(reply))
          pump()
        },
        reject,
      })
      thread.handle.post(make(id), transfer)
    })
  }

  /** Gives every thread with room something to do. */
  const pump = (): void => {
    for (const thread of threads) {
      while (!closed && thread.ready && thread.running.size < DEPTH) {
        const task = parts.shift()
        if (task) runPart(thread, task)
        else if (!runLayers(thread)) break
      }
    }
  }
  const runPart = (thread: Thread, task: PartTask): void => {
    const { key, layer, part } = task
    send(
      thread,
      (id) => ({ kind: 'part', id, key, layer, part }),
      (reply) => (reply as Extract<PoolReply, { kind: 'part' }>).result,
    ).then((result) => ('error' in result ? task.reject(revived(result.error)) : task.resolve(result)), task.reject)
  }
  const runLayers = (thread: Thread): boolean => {
    const next = queue.findIndex((waiting) => !sharing || !isShared(waiting, queue.length))
    if (next < 0) return false
    const [head] = queue.splice(next, 1) as [Waiting]
    if (isShared(head, queue.length)) {
      // Its parts will be queued in a moment; until then other layers may go on.
      sharing = true
      shareOut(head)
        .then(head.resolve, head.reject)
        .finally(() => {
          sharing = false
          pump()
        })
      return true
    }
    const batch = [head]
    for (let work = head.work; batch.length < BATCH_LAYERS; ) {
      const another = queue[next]
      if (!another || work + another.work > BATCH_WORK) break
      work += another.work
      batch.push(another)
      queue.splice(next, 1)
    }
    void sendBatch(thread, batch)
    return true
  }
  /** A layer that would keep one thread long while the others have little to do. */
  const isShared = ({ job, work }: Waiting, waiting: number): boolean =>
    work > SHARED_WORK && waiting < count && originsOf(job.plan.access) !== undefined
  const sendBatch = async (thread: Thread, batch: readonly Waiting[]): Promise<void> => {
    // The thread's place is taken before its bytes are read, so that what is in flight stays bounded.
    const id = ids++
    const done = new Promise<PoolReply>((resolve, reject) => thread.running.set(id, { settle: resolve, reject }))
    done.catch(() => undefined) // it is awaited below, unless the pool closes first
    const free = (): void => {
      thread.running.delete(id)
      pump()
    }
    try {
      const ready: { waiting: Waiting; layer: SentLayer }[] = []
      for (const waiting of batch) {
        try {
          const layer = await sentLayer(waiting.job, budget)
          if (layer) ready.push({ waiting, layer })
          else void measureHere(waiting)
        } catch (error) {
          waiting.reject(error)
        }
      }
      if (closed) throw closed
      if (ready.length === 0) return free()
      const transfer = ready.flatMap(({ layer }) => (layer.bytes.kind === 'sent' ? [layer.bytes.bytes] : []))
      thread.handle.post({ kind: 'layers', id, layers: ready.map(({ layer }) => layer) } satisfies PoolRequest, transfer)
      const { results } = (await done) as Extract<PoolReply, { kind: 'layers' }>
      ready.forEach(({ waiting }, k) => {
        const result = results[k]!
        if ('error' in result) waiting.reject(revived(result.error))
        else waiting.resolve(result)
      })
      free()
    } catch (error) {
      thread.running.delete(id)
      for (const { reject } of batch) reject(error)
    }
  }
  /** A layer whose bytes exist only here and are too many to be sent: measured in this thread, read again for each pass. */
  const measureHere = async ({ job: { plan, shape }, resolve, reject }: Waiting): Promise<void> => {
    try {
      local ??= module.then(openInstance)
      resolve(await measureWeights(await local, weightReader(plan, shape), shape, own))
    } catch (error) {
      reject(error)
    }
  }
  const shareOut = async ({ job }: Waiting): Promise<PassResult> => {
    const { plan, shape } = job
    const { filters } = weightReader(plan, shape)
    const layer = (await sentLayer(job, budget))!
    const key = ids++
    const run = <T extends PartResult>(list: readonly Part[]): Promise<T[]> => {
      const results = Promise.all(
        list.map(
          (part) =>
            new Promise<T>((resolve, reject) =>
              parts.push({ key, layer, part, resolve: resolve as (r: PartResult) => void, reject }),
            ),
        ),
      )
      pump()
      return results
    }
    const ranges = [...pieces(filters, PART)].map(([from, count]) => ({ from, count }))
    const [out, inputs, height, width] = shape
    try {
      return await combine(
        shape,
        own,
        {
          scan: () => run(ranges.map((range) => ({ stage: 'scan', ...range }))),
          moments: async (limit, strict, mean) =>
            (
              await run<Extract<PartResult, { sparse: number }[]>>(
                ranges.map((range) => ({ stage: 'moments', ...range, limit, strict, mean })),
              )
            ).flat(),
          gram: (precision) => {
            const rows = panelRows(inputs * height * width)
            return run<GramTotal>([...pieces(out, rows)].map(([first]) => ({ stage: 'gram', strip: first / rows, precision })))
          },
        },
        sharedInstance(),
      )
    } finally {
      if (!closed) for (const { handle } of threads) handle.post({ kind: 'forget', key } satisfies PoolRequest)
    }
  }

  const started = Array.from({ length: count }, () => {
    const handle = startMeasureWorker()
    const thread: Thread = { handle, ready: false, running: new Map() }
    threads.push(thread)
    return new Promise<void>((resolve, reject) => {
      handle.onFailure((error) => {
        const failure = new Error(`a measuring thread failed: ${error.message}`, { cause: error })
        reject(failure)
        // One that never came up has nothing to lose: the others do its part.
        if (thread.ready) fail(failure)
        else threads.splice(threads.indexOf(thread), 1)
      })
      handle.onMessage((message) => {
        const reply = message as PoolReply
        if (reply.kind === 'ready') {
          thread.ready = true
          resolve()
          pump()
        } else thread.running.get(reply.id)?.settle(reply)
      })
      module
        .then((compiled) => handle.post({ kind: 'start', module: compiled, options: own } satisfies PoolRequest))
        .catch(reject)
    })
  })
  const close = async (): Promise<void> => {
    fail(new Error('the measuring threads were ended'))
    await Promise.all(threads.map(({ handle }) => handle.end()))
  }
  try {
    await Promise.any(started) // the others join when they are up
  } catch (error) {
    await close()
    throw error instanceof AggregateError ? error.errors[0] : error
  }
  return {
    ahead: BATCH_LAYERS * count,
    measure: (job) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(closed)
        queue.push({ job, work: workOf(job, options), resolve, reject })
        pump()
      }),
    close,
  }
}

/** A layer as it is sent; its bytes too when workers cannot open them, unless they are more than `most`: then undefined. */
async function sentLayer({ plan, shape }: LayerJob, most: number): Promise<SentLayer | undefined> {
  const { access, ...rest } = plan
  const origins = originsOf(access)
  if (origins) return { bytes: origins, plan: rest, shape }
  weightReader(plan, shape) // its sentence when the file is too short
  const [out, inputs, height, width] = shape
  const strides = plan.strides ?? [inputs * height * width, height * width, width, 1]
  const filters = out * inputs
  const elements = filters === 0 ? 0 : spanOf(strides, { out: 0, outs: out, input: 0, inputs }, height, width).length
  const length = elements * storedBytes[plan.dtype]
  if (length > most) return undefined
  const bytes = new Uint8Array(length)
  await access.read(plan.offset, length, bytes)
  return { bytes: { kind: 'sent', name: access.name, bytes: bytes.buffer }, plan: { ...rest, offset: 0 }, shape }
}

function revived({ name, message, file, problem, stack }: SentError): Error {
  if (file !== undefined && problem !== undefined) return new InputError(file, problem)
  const error = new Error(message)
  error.name = name
  if (stack) error.stack = stack
  return error
}
