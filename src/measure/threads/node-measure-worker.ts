// A thread of the measuring pool in Node. It reads files synchronously: nothing else waits in it, and a read costs a few
// microseconds instead of a trip through the thread pool.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { InputError } from '../../errors.ts'
import { fileProblem, openOrigin } from '../../io/node.ts'
import { type Origin, type RandomAccess, requireRange } from '../../io/random-access.ts'
import type { PoolRequest } from '../pool-protocol.ts'
import { servePool } from '../pool-worker.ts'

const port = parentPort!
const handle = servePool((reply) => port.postMessage(reply), open)
port.on('message', (request: PoolRequest) => handle(request))

async function open(at: Origin, name: string): Promise<RandomAccess> {
  if (at.kind !== 'path') return openOrigin(at, name)
  let descriptor: number
  try {
    descriptor = openSync(at.path, 'r')
  } catch (error) {
    throw new InputError(name, fileProblem(error), { cause: error })
  }
  const { size } = fstatSync(descriptor)
  return {
    name,
    byteLength: size,
    async read(offset, length, into) {
      requireRange(name, size, offset, length)
      const out = into ? into.subarray(0, length) : new Uint8Array(length)
      for (let done = 0; done < length; ) {
        const count = readSync(descriptor, out, done, Math.min(length - done, 1 << 30), offset + done)
        if (count === 0)
          throw new InputError(name, `ends at byte ${offset + done}, although it had ${size} bytes when it was opened`)
        done += count
      }
      return out
    },
    close: async () => closeSync(descriptor),
  }
}
