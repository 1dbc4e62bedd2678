import { InputError } from '../errors.ts'
import { type RandomAccess, requireRange } from './random-access.ts'

/** Pieces up to this size are fetched before they are asked for. */
const LARGEST_AHEAD = 16 << 20

/**
 * A File or Blob, read by range without loading it. A browser hands a file's bytes over from another process, which takes about
 * as long as measuring them: whoever reads piece after piece gets each while the one before is being worked on.
 */
export function openBlob(blob: Blob, name: string = blob instanceof File ? blob.name : 'blob'): RandomAccess {
  const fetchBytes = async (offset: number, length: number): Promise<Uint8Array> =>
    new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer())
  let end = -1
  let ahead: { readonly offset: number; readonly length: number; readonly bytes: Promise<Uint8Array> } | undefined
  return {
    name,
    byteLength: blob.size,
    origin: { at: { kind: 'blob', blob }, offset: 0 },
    async read(offset, length, into) {
      requireRange(name, blob.size, offset, length)
      const coming = ahead?.offset === offset && ahead.length === length ? ahead.bytes : fetchBytes(offset, length)
      const inRow = offset === end
      end = offset + length
      ahead = undefined
      if (inRow && length > 0 && length <= LARGEST_AHEAD && end + length <= blob.size) {
        ahead = { offset: end, length, bytes: fetchBytes(end, length) }
        ahead.bytes.catch(() => undefined) // the caller of read gets it
      }
      const bytes = await coming
      if (bytes.length !== length) throw new InputError(name, 'has changed since it was opened; choose it again')
      if (!into) return bytes
      into.set(bytes)
      return into.subarray(0, length)
    },
  }
}
