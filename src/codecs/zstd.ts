import { LARGEST_BLOCK, newFrameState, unpackBlock } from './zstd-block.ts'

// RFC 8878, 3.1.1. A frame:
//
//   0      4            5 or 6
//   magic | descriptor | window (not with a single segment) | dictionary id | content size | blocks | checksum
//
//   descriptor   bits 0-1 bytes of the dictionary id: 0, 1, 2, 4   2 checksum   3 zero   5 single segment
//                bits 6-7 bytes of the content size: 0 (1 with a single segment), 2, 4, 8
//   block        head (3): bit 0 last, bits 1-2 kind (0 as it is, 1 one byte repeated, 2 compressed), size; its bytes

const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a5 // without its lowest four bits

/**
 * Zstandard frames, one behind the other, unpacked to exactly `byteLength` bytes, into which everything is written at once: no other
 * memory is taken but 256 KiB at most. What is wrong is refused where it is met; the time is bounded by both lengths.
 * @throws RangeError when it is damaged, needs a dictionary or holds another number of bytes
 */
export function zstd(input: Uint8Array, byteLength: number): Uint8Array {
  const out = new Uint8Array(byteLength)
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  if (input.length < 4 || view.getUint32(0, true) !== MAGIC) throw new RangeError('a buffer is no ZSTD frame')
  const rooms = {
    block: new Uint8Array(Math.min(LARGEST_BLOCK, input.length) + 8), // bits are read in words, which may lie half behind their block
    literals: new Uint8Array(Math.min(LARGEST_BLOCK, byteLength)),
  }
  let done = 0
  try {
    for (let at = 0; at < input.length; ) {
      const magic = view.getUint32(at, true)
      if (magic >>> 4 === SKIPPABLE) at += 8 + view.getUint32(at + 4, true)
      else if (magic !== MAGIC) throw new RangeError('what follows is no frame')
      else [at, done] = unpackFrame(input, view, at, out, done, rooms)
    }
  } catch (error) {
    throw new RangeError(`a ZSTD frame is damaged (${error instanceof Error ? error.message : String(error)})`, { cause: error })
  }
  if (done !== byteLength) throw new RangeError(`a ZSTD frame holds ${done} of ${byteLength} bytes`)
  return out
}

/** @returns the byte behind the frame, and the end of what was written */
function unpackFrame(
  input: Uint8Array,
  view: DataView,
  start: number,
  out: Uint8Array,
  floor: number,
  rooms: { readonly block: Uint8Array; readonly literals: Uint8Array },
): [number, number] {
  const descriptor = view.getUint8(start + 4)
  if (descriptor & 8) throw new RangeError('its head has an unknown bit')
  const isSingle = (descriptor >> 5) & 1
  let at = start + 6 - isSingle
  for (let k = [0, 1, 2, 4][descriptor & 3]!; k > 0; k--)
    if (view.getUint8(at++) !== 0) throw new RangeError('it needs a dictionary')
  const sizeBytes = [isSingle, 2, 4, 8][descriptor >> 6]!
  let content = 0
  for (let k = sizeBytes - 1; k >= 0; k--) content = content * 256 + view.getUint8(at + k)
  if (sizeBytes === 2) content += 256
  at += sizeBytes
  if (sizeBytes > 0 && content > out.length - floor) throw new RangeError(`it holds ${content} of ${out.length - floor} bytes`)
  const state = newFrameState(rooms.literals)
  let done = floor
  for (let isLast = false; !isLast; ) {
    const head = view.getUint8(at) | (view.getUint16(at + 1, true) << 8)
    isLast = (head & 1) === 1
    const kind = (head >> 1) & 3
    const size = head >> 3
    at += 3
    const stored = kind === 1 ? 1 : size
    if (size > LARGEST_BLOCK) throw new RangeError(`a block of ${size} bytes`)
    if (at + stored > input.length) throw new RangeError('it ends early')
    if (kind === 3) throw new RangeError('a block of an unknown kind')
    if (kind === 2) {
      rooms.block.set(input.subarray(at, at + size))
      const limit = Math.min(out.length, done + LARGEST_BLOCK)
      done = unpackBlock(rooms.block, size, state, { out, at: done, limit, floor })
    } else {
      if (done + size > out.length) throw new RangeError(`it holds more than ${out.length} bytes`)
      if (kind === 1) out.fill(input[at]!, done, done + size)
      else out.set(input.subarray(at, at + size), done)
      done += size
    }
    at += stored
  }
  if (sizeBytes > 0 && done - floor !== content) throw new RangeError(`it holds ${done - floor} of ${content} bytes`)
  if (descriptor & 4) at += 4
  if (at > input.length) throw new RangeError('it ends early')
  return [at, done]
}
