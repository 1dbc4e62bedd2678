import { InputError } from '../errors.ts'
import { type RandomAccess, requireRange } from './random-access.ts'

/** Pieces up to this size are fetched before they are asked for. */
const LARGEST_AHEAD = 16 << 20
/** A file of up to so many bytes that was asked for as a whole is kept until another is. */
const LARGEST_KEPT = 64 << 20

/** The file that was read as a whole last, to be hashed: what is measured of it is taken from here and not fetched once more. */
let kept: { readonly blob: Blob; readonly bytes: Promise<Uint8Array> } | undefined

/**
 * A File or Blob, read by range without loading it. A browser hands a file's bytes over from another process, which takes about
 * as long as measuring them: whoever reads piece after piece gets each while the one before is being worked on, and of a file
 * of up to 64 MB that is read as a whole, every later piece comes from those bytes.
 */
export function openBlob(blob: Blob, name: string = blob instanceof File ? blob.name : 'blob'): RandomAccess {
  const fetchBytes = async (offset: number, length: number): Promise<Uint8Array> =>
    new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer())
  let end = -1
  let ahead: { readonly offset: number; readonly length: number; readonly bytes: Promise<Uint8Array> } | undefined

  const wholeFile = async (): Promise<Uint8Array> => {
    const whole = { blob, bytes: fetchBytes(0, blob.size) }
    kept = whole
    try {
      return await whole.bytes
    } catch (error) {
      if (kept === whole) kept = undefined // whoever comes next tries for himself
      throw error
    }
  }
  const piece = (offset: number, length: number): Promise<Uint8Array> => {
    const coming = ahead?.offset === offset && ahead.length === length ? ahead.bytes : fetchBytes(offset, length)
    const inRow = offset === end
    end = offset + length
    ahead = undefined
    if (inRow && length > 0 && length <= LARGEST_AHEAD && end + length <= blob.size) {
      ahead = { offset: end, length, bytes: fetchBytes(end, length) }
      ahead.bytes.catch(() => undefined) // the caller of read gets it
    }
    return coming
  }
  /** Bytes of the file that is kept, if this is the one or it is asked for as a whole. */
  const fromWhole = async (offset: number, length: number): Promise<Uint8Array | undefined> => {
    if (kept?.blob === blob) return (await kept.bytes).subarray(offset, offset + length)
    return offset === 0 && length === blob.size && length <= LARGEST_KEPT ? wholeFile() : undefined
  }
  return {
    name,
    byteLength: blob.size,
    origin: { at: { kind: 'blob', blob }, offset: 0 },
    async read(offset, length, into) {
      requireRange(name, blob.size, offset, length)
      const shared = await fromWhole(offset, length)
      const bytes = shared ?? (await piece(offset, length))
      if (bytes.length !== length) throw new InputError(name, 'has changed since it was opened; choose it again')
      if (!into) return shared ? bytes.slice() : bytes
      into.set(bytes)
      return into.subarray(0, length)
    },
    async close() {
      if (kept?.blob === blob) kept = undefined
    },
  }
}
