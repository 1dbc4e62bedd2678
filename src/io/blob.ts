import { InputError } from '../errors.ts'
import { type RandomAccess, requireRange } from './random-access.ts'

/** A File or Blob, read by range without loading it. */
export function openBlob(blob: Blob, name: string = blob instanceof File ? blob.name : 'blob'): RandomAccess {
  return {
    name,
    byteLength: blob.size,
    origin: { at: { kind: 'blob', blob }, offset: 0 },
    async read(offset, length, into) {
      requireRange(name, blob.size, offset, length)
      const bytes = new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer())
      if (bytes.length !== length) throw new InputError(name, 'has changed since it was opened; choose it again')
      if (!into) return bytes
      into.set(bytes)
      return into.subarray(0, length)
    },
  }
}
