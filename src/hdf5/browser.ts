import type { Hdf5Platform } from './protocol.ts'

/** @see Hdf5Platform.startHdf5Worker */
export function startHdf5Worker(): ReturnType<Hdf5Platform['startHdf5Worker']> {
  const worker = new Worker(new URL('./browser-hdf5-worker.js', import.meta.url), { type: 'module' })
  return {
    post: (message, transfer) => worker.postMessage(message, (transfer ?? []) as Transferable[]),
    onMessage: (listener) => worker.addEventListener('message', (event) => listener(event.data)),
    onFailure: (listener) =>
      worker.addEventListener('error', (event) => listener(new Error(event.message || 'its thread failed'))),
    keepAlive: () => {},
    end: async () => worker.terminate(),
  }
}
