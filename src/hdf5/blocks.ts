import type { Hdf5Bytes } from './protocol.ts'
import type { ReadAt } from './session.ts'

const BLOCK = 1 << 18
const KEPT = 32

/**
 * Small scattered reads (the HDF5 library asks for 512 bytes here and there) served from blocks of 256 KiB of which the last few are
 * kept; for sources where each request is dear. Requests that are larger than a block go by unkept.
 */
export function throughBlocks(byteLength: number, fetch: ReadAt): ReadAt {
  const blocks = new Map<number, Uint8Array>()
  const block = (index: number): Uint8Array => {
    let bytes = blocks.get(index)
    if (bytes) blocks.delete(index)
    else {
      bytes = new Uint8Array(Math.min(BLOCK, byteLength - index * BLOCK))
      fetch(bytes, index * BLOCK)
    }
    blocks.set(index, bytes)
    if (blocks.size > KEPT) blocks.delete(blocks.keys().next().value!)
    return bytes
  }
  return (into, position) => {
    for (let done = 0; done < into.length; ) {
      const index = Math.floor((position + done) / BLOCK)
      const from = position + done - index * BLOCK
      const part = block(index).subarray(from, from + into.length - done)
      if (part.length === 0) throw new Error(`there is nothing at byte ${position + done}`)
      into.set(part, done)
      done += part.length
    }
  }
}

/** Bytes that the other side reads into shared memory while this thread waits. */
export function overBridge(
  { signal, block }: Extract<Hdf5Bytes, { kind: 'bridge' }>,
  need: (offset: number, length: number) => void,
): ReadAt {
  return (into, position) => {
    for (let done = 0; done < into.length; ) {
      const length = Math.min(into.length - done, block.length)
      Atomics.store(signal, 0, 0)
      need(position + done, length)
      if (Atomics.wait(signal, 0, 0, 300_000) === 'timed-out') throw new Error('the bytes did not come within 300 s')
      if (Atomics.load(signal, 1) !== length)
        throw new Error(`bytes ${position + done} to ${position + done + length} cannot be read`)
      into.set(block.subarray(0, length), done)
      done += length
    }
  }
}
