// The HDF5 thread in a browser: a File is read by range, synchronously, which only workers may do.
import { overBridge, throughBlocks } from './blocks.ts'
import type { Hdf5Envelope } from './protocol.ts'
import { type ReadAt, serveHdf5 } from './session.ts'

const scope = globalThis as unknown as DedicatedWorkerGlobalScope
const handle = serveHdf5(
  (reply, transfer) => scope.postMessage(reply, transfer),
  ({ byteLength, bytes }, need) => {
    if (bytes.kind === 'blob') {
      const reader = new FileReaderSync()
      const readAt: ReadAt = (into, position) => {
        const from = bytes.offset + position
        into.set(new Uint8Array(reader.readAsArrayBuffer(bytes.blob.slice(from, from + into.length))))
      }
      return { readAt: throughBlocks(byteLength, readAt), release: () => {} }
    }
    if (bytes.kind === 'memory')
      return { readAt: (into, position) => into.set(bytes.bytes.subarray(position, position + into.length)), release: () => {} }
    if (bytes.kind === 'bridge') return { readAt: throughBlocks(byteLength, overBridge(bytes, need)), release: () => {} }
    throw new Error(`a ${bytes.kind} cannot be read here`)
  },
)
scope.addEventListener('message', (event: MessageEvent<Hdf5Envelope>) => void handle(event.data))
