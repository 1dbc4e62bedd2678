// The HDF5 thread in Node.
import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { overBridge, throughBlocks } from './blocks.ts'
import type { Hdf5Envelope } from './protocol.ts'
import { type ReadAt, serveHdf5 } from './session.ts'

const port = parentPort!
const handle = serveHdf5(
  (reply, transfer) => port.postMessage(reply, transfer),
  ({ byteLength, bytes }, need) => {
    if (bytes.kind === 'path') {
      const descriptor = openSync(bytes.path, 'r')
      const readAt: ReadAt = (into, position) => {
        for (let done = 0; done < into.length; ) {
          const count = readSync(descriptor, into, done, into.length - done, bytes.offset + position + done)
          if (count === 0) throw new Error(`the file ends at byte ${position + done}`)
          done += count
        }
      }
      return { readAt, release: () => closeSync(descriptor) }
    }
    if (bytes.kind === 'memory')
      return { readAt: (into, position) => into.set(bytes.bytes.subarray(position, position + into.length)), release: () => {} }
    if (bytes.kind === 'bridge') return { readAt: throughBlocks(byteLength, overBridge(bytes, need)), release: () => {} }
    throw new Error(`a ${bytes.kind} cannot be read here`)
  },
)
port.on('message', (envelope: Hdf5Envelope) => void handle(envelope))
