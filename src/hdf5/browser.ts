import { Hdf5NotLoadedError, type Hdf5Platform } from './protocol.ts'

/** @see Hdf5Platform.startHdf5Worker */
export function startHdf5Worker(): ReturnType<Hdf5Platform['startHdf5Worker']> {
  const worker = new Worker(new URL('./browser-hdf5-worker.js', import.meta.url), { type: 'module' })
  return {
    post: (message, transfer) => worker.postMessage(message, (transfer ?? []) as Transferable[]),
    onMessage: (listener) => worker.addEventListener('message', (event) => listener(event.data)),
    onFailure: (listener) =>
      worker.addEventListener('error', (event: Event) =>
        // A script that is not there says nothing but that; one that fails says how.
        listener(
          event instanceof ErrorEvent
            ? new Error(event.message || 'its thread failed')
            : new Hdf5NotLoadedError(`browser-hdf5-worker.js cannot be loaded from where ${import.meta.url} lies`),
        ),
      ),
    keepAlive: () => {},
    end: async () => worker.terminate(),
  }
}
