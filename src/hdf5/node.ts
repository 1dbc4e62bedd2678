import { Worker } from 'node:worker_threads'
import type { Hdf5Platform } from './protocol.ts'

/** @see Hdf5Platform.startHdf5Worker */
export function startHdf5Worker(): ReturnType<Hdf5Platform['startHdf5Worker']> {
  const worker = new Worker(new URL('./node-hdf5-worker.js', import.meta.url), { stdout: false, stderr: false })
  worker.unref()
  let ended = false
  return {
    post: (message, transfer) => worker.postMessage(message, transfer as ArrayBuffer[] | undefined),
    onMessage: (listener) => void worker.on('message', listener),
    onFailure(listener) {
      worker.on('error', listener)
      worker.on('exit', (code) => ended || listener(new Error(`its thread ended with code ${code}`)))
    },
    keepAlive: (busy) => (busy ? worker.ref() : worker.unref()),
    spent() {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1000
    },
    async end() {
      ended = true
      await worker.terminate()
    },
  }
}
