// LZ4, lz4/doc/lz4_Frame_format.md and lz4_Block_format.md.
//
//   frame   magic (4)  flags  sizes  [content size (8)]  [dictionary id (4)]  header checksum
//           block size (4, highest bit: not compressed)  block  [checksum (4)]  …  0 (4)  [checksum (4)]
//   block   token: literals << 4 | match - 4  [more literals: 255 … ]  literals  distance (2)  [more match: 255 …]  …

const MAGIC = 0x184d2204

/** The content of an LZ4 frame, which must be exactly `byteLength` bytes. @throws RangeError when it is damaged or of another length */
export function lz4Frame(input: Uint8Array, byteLength: number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError('no LZ4 frame')
  const flags = view.getUint8(4)
  if (flags >> 6 !== 1) throw new RangeError(`LZ4 version ${flags >> 6}`)
  if (flags & 1) throw new RangeError('LZ4 with a dictionary')
  let at = 6 + (flags & 8 ? 8 : 0) + 1
  const out = new Uint8Array(byteLength)
  let done = 0
  for (;;) {
    const size = view.getUint32(at, true)
    at += 4
    if (size === 0) break
    const length = size & 0x7fffffff
    if (at + length > input.length) throw new RangeError('an LZ4 block runs past its end')
    const block = input.subarray(at, at + length)
    if (size >>> 31) {
      if (done + length > byteLength) throw new RangeError('LZ4 holds more than it states')
      out.set(block, done)
      done += length
    } else done = lz4Block(block, out, done)
    at += length + (flags & 16 ? 4 : 0)
  }
  if (done !== byteLength) throw new RangeError(`LZ4 holds ${done} of ${byteLength} bytes`)
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
