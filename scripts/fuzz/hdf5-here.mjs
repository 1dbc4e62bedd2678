// The HDF5 session in this thread: messages between threads, and new threads now and then, would take most of the time of a hundred
// thousand files. A file on which the library fails for good ends the process, as it would end the thread.
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { serveHdf5 } from '../../dist/src/hdf5/session.js'

// A session sets both for good, as they are those of its thread alone: here the next one begins with them as they were.
const { grow } = WebAssembly.Memory.prototype
const { console } = globalThis

/** @type {typeof serveHdf5} */
const serveAnew = (post, open) => {
  WebAssembly.Memory.prototype.grow = grow
  globalThis.console = console
  return serveHdf5(post, open)
}

/** Every worker started from now on is an HDF5 session here, on bytes in memory. */
export function keepHdf5Here() {
  class Here {
    /** @type {(reply: unknown) => void} */
    receive = () => {}
    handle = serveAnew(
      (reply) => {
        if ('pulse' in reply) return
        if ('fatal' in reply && reply.fatal) globalThis.isWornOut = true
        this.receive(reply)
      },
      ({ bytes }) => ({
        readAt: (into, position) =>
          into.set(/** @type {{ bytes: Uint8Array }} */ (bytes).bytes.subarray(position, position + into.length)),
        release: () => {},
      }),
    )
    postMessage(envelope) {
      queueMicrotask(() => this.handle(envelope))
    }
    on(event, listener) {
      if (event === 'message') this.receive = listener
    }
    ref() {}
    unref() {}
    async terminate() {}
  }
  createRequire(import.meta.url)('node:worker_threads').Worker = Here
  syncBuiltinESMExports()
  Reflect.deleteProperty(globalThis, 'SharedArrayBuffer') // there is no other side to wait for
}
