import type { WorkerHandle } from '../../io/platform.ts'

/** @see Threads.processors */
export const processors = (): number => navigator.hardwareConcurrency ?? 1

/** @see Threads.startMeasureWorker */
export function startMeasureWorker(): WorkerHandle {
  const worker = new Worker(new URL('./browser-measure-worker.js', import.meta.url), { type: 'module' })
  return {
    post: (message, transfer) => worker.postMessage(message, (transfer ?? []) as Transferable[]),
    onMessage: (listener) => worker.addEventListener('message', (event) => listener(event.data)),
    onFailure(listener) {
      worker.addEventListener('error', (event) => listener(new Error(event.message || 'it could not be loaded')), { once: true })
      worker.addEventListener('messageerror', () => listener(new Error('a message could not be read')), { once: true })
    },
    end: async () => worker.terminate(),
  }
}
