import type { Answer, Method, WorkerMethods } from './protocol.ts'

/** What a worker said was wrong. `plain` messages are for a person as they stand; others are faults of ours. */
export class WorkError extends Error {
  override readonly name: string = 'WorkError'
  readonly plain: boolean

  constructor(message: string, plain: boolean) {
    super(message)
    this.plain = plain
  }
}

/** A worker that does not stop within this time is ended: it computes, and does not hear what it is told. */
const CANCEL_MS = 300

interface Waiting {
  readonly method: Method
  readonly given: unknown
  resolve(value: unknown): void
  reject(error: Error): void
  event(value: unknown): void
}

/** Calls a method in a worker. Aborting the signal asks the worker to stop, and ends it when it does not; the promise then rejects with an AbortError. */
export type Work = <M extends Method>(
  method: M,
  given: WorkerMethods[M]['given'],
  options?: { onEvent?: (event: WorkerMethods[M]['event']) => void; signal?: AbortSignal },
) => Promise<WorkerMethods[M]['result']>

/** A worker of the page's own, started at the first call. One that dies fails its calls, and the next call starts another. */
export function openWork(): Work {
  let worker: Worker | undefined
  let next = 1
  const waiting = new Map<number, Waiting>()

  const start = (): Worker => {
    const started = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
    started.onmessage = ({ data }: MessageEvent<Answer>) => {
      const job = waiting.get(data.id)
      if (!job) return
      if ('event' in data) return job.event(data.event)
      waiting.delete(data.id)
      if ('result' in data) job.resolve(data.result)
      else if (data.error.name === 'AbortError') job.reject(new DOMException(data.error.message, 'AbortError'))
      else
        job.reject(
          new WorkError(data.error.plain ? data.error.message : `${data.error.message}\n${data.error.stack}`, data.error.plain),
        )
    }
    const died = (message: string): void => {
      worker?.terminate()
      worker = undefined
      for (const job of waiting.values()) job.reject(new WorkError(message, false))
      waiting.clear()
    }
    started.onerror = (event) => died(event.message || 'a worker of this page stopped; it may have run out of memory')
    started.onmessageerror = () => died('a worker of this page sent something that cannot be read')
    return started
  }

  /** Ends the worker, and gives its other calls to a new one. */
  const endFor = (id: number): void => {
    const job = waiting.get(id)
    if (!job) return
    waiting.delete(id)
    worker?.terminate()
    worker = undefined
    job.reject(new DOMException('cancelled', 'AbortError'))
    if (waiting.size === 0) return
    worker = start()
    for (const [other, { method, given }] of waiting) worker.postMessage({ id: other, method, given })
  }

  return (method, given, { onEvent, signal } = {}) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new DOMException('cancelled', 'AbortError'))
      worker ??= start()
      const id = next++
      const cancel = (): void => {
        worker?.postMessage({ id, method: 'cancel', given: null })
        setTimeout(() => endFor(id), CANCEL_MS)
      }
      signal?.addEventListener('abort', cancel, { once: true })
      const over =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          signal?.removeEventListener('abort', cancel)
          then(value)
        }
      waiting.set(id, {
        method,
        given,
        resolve: over(resolve as (value: unknown) => void),
        reject: over(reject),
        event: (value) => onEvent?.(value as never),
      })
      worker.postMessage({ id, method, given })
    })
}
