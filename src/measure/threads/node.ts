import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { WorkerHandle } from '../../io/platform.ts'

/** @see Threads.processors */
export const processors = availableParallelism

/** @see Threads.startMeasureWorker */
export function startMeasureWorker(): WorkerHandle {
  // One CommonJS file, made by scripts/bundle-command.mjs.
  const worker = new Worker(new URL('./node-measure-worker.cjs', import.meta.url), {
    // What a thread allocates is dead after a layer: 48 MB of room for it, the default, would only be more memory in use.
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
    execArgv: [], // what a program imports first (--import, -r) is no business of a thread that only measures
  })
  let ended = false
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as ArrayBuffer[] | undefined),
    onMessage: (listener) => void worker.on('message', listener),
    onFailure(listener) {
      const fail = (error: Error): void => {
        if (!ended) listener(error)
        ended = true
      }
      worker.on('error', fail)
      worker.on('messageerror', fail)
      worker.on('exit', (code) => fail(new Error(`it ended with code ${code}`)))
    },
    async end() {
      ended = true
      await worker.terminate()
    },
  }
}
