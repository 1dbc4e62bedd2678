import type { Unpack } from './unpack.ts'

// LZ4, lz4/doc/lz4_Frame_format.md and lz4_Block_format.md.
//
//   frame   magic (4)  flags  sizes  [content size (8)]  [dictionary id (4)]  header checksum
//           block size (4, highest bit: not compressed)  block  [checksum (4)]  …  0 (4)  [checksum (4)]
//   block   token: literals << 4 | match - 4  [more literals: 255 … ]  literals  distance (2)  [more match: 255 …]  …

const MAGIC = 0x184d2204
const [HAS_DICTIONARY, HAS_CONTENT_CHECKSUM, HAS_CONTENT_SIZE, HAS_BLOCK_CHECKSUMS] = [1, 4, 8, 16]

/** Makes the reader of LZ4 frames ready, with the xxHash-32 that their checksums are. */
export async function loadLz4Frames(): Promise<Unpack> {
  const { createXXHash32 } = await import('./xxhash32.ts')
  const hasher = await createXXHash32(0)
  const checksum = (bytes: Uint8Array): number => Number.parseInt(hasher.init().update(bytes).digest('hex'), 16)
  return (input, byteLength) => unpackFrame(input, byteLength, checksum)
}

function unpackFrame(input: Uint8Array, byteLength: number, checksum: (bytes: Uint8Array) => number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError('no LZ4 frame')
  const flags = view.getUint8(4)
  if (flags >> 6 !== 1) throw new RangeError(`LZ4 version ${flags >> 6}`)
  if (flags & HAS_DICTIONARY) throw new RangeError('LZ4 with a dictionary')
  let at = 6 + (flags & HAS_CONTENT_SIZE ? 8 : 0)
  if (view.getUint8(at) !== ((checksum(input.subarray(4, at)) >> 8) & 0xff))
    throw new RangeError("the checksum of an LZ4 frame's head is wrong")
  if (flags & HAS_CONTENT_SIZE && view.getBigUint64(6, true) !== BigInt(byteLength))
    throw new RangeError(`LZ4 states ${view.getBigUint64(6, true)} bytes, not ${byteLength}`)
  at++
  const out = new Uint8Array(byteLength)
  let done = 0
  for (;;) {
    const size = view.getUint32(at, true)
    at += 4
    if (size === 0) break
    const length = size & 0x7fffffff
    if (at + length > input.length) throw new RangeError('an LZ4 block runs past its end')
    const block = input.subarray(at, at + length)
    at += length
    if (flags & HAS_BLOCK_CHECKSUMS) {
      if (view.getUint32(at, true) !== checksum(block)) throw new RangeError('the checksum of an LZ4 block is wrong')
      at += 4
    }
    if (size >>> 31) {
      if (done + length > byteLength) throw new RangeError('LZ4 holds more than it states')
      out.set(block, done)
      done += length
    } else done = lz4Block(block, out, done)
  }
  if (done !== byteLength) throw new RangeError(`LZ4 holds ${done} of ${byteLength} bytes`)
  if (flags & HAS_CONTENT_CHECKSUM) {
    if (view.getUint32(at, true) !== checksum(out)) throw new RangeError("the checksum of an LZ4 frame's content is wrong")
    at += 4
  }
  if (at !== input.length) throw new RangeError(`${input.length - at} bytes follow an LZ4 frame`)
  return out
}

/**
 * Unpacks a block into `out` from `start` on; matches may reach back before it.
 * @returns the end of what was written. @throws RangeError when it is damaged or `out` is too small
 */
export function lz4Block(input: Uint8Array, out: Uint8Array, start: number = 0): number {
  let at = 0
  let to = start
  const more = (length: number): number => {
    if (length < 15) return length
    for (let byte = 255; byte === 255; ) {
      if (at >= input.length) throw new RangeError('an LZ4 block ends early')
      byte = input[at++]!
      length += byte
    }
    return length
  }
  while (at < input.length) {
    const token = input[at++]!
    const literals = more(token >> 4)
    if (at + literals > input.length || to + literals > out.length) throw new RangeError('LZ4 literals run past their end')
    out.set(input.subarray(at, at + literals), to)
    at += literals
    to += literals
    if (at === input.length) break // the last sequence has no match
    if (at + 2 > input.length) throw new RangeError('an LZ4 block ends early')
    const distance = input[at]! | (input[at + 1]! << 8)
    at += 2
    const length = more(token & 15) + 4
    if (distance === 0 || distance > to || to + length > out.length) throw new RangeError('an LZ4 match lies outside its bytes')
    if (distance >= length) out.copyWithin(to, to - distance, to - distance + length)
    else for (let k = 0; k < length; k++) out[to + k] = out[to + k - distance]! // repeats what it has just written
    to += length
  }
  return to
}
