import { Decompress } from 'fzstd'

// RFC 8878, 3.1.1. A frame:
//
//   0      4            5 or 6
//   magic | descriptor | window (not with a single segment) | dictionary id | content size | blocks | checksum
//
//   descriptor   bits 0-1 bytes of the dictionary id: 0, 1, 2, 4   2 checksum   5 single segment
//                bits 6-7 bytes of the content size: 0 (1 with a single segment), 2, 4, 8

const MAGIC = 0xfd2fb528
const LARGEST_WINDOW = 1 << 27 // what zstd itself takes without being asked to take more

/**
 * One Zstandard frame, unpacked to `byteLength` bytes: no more memory is taken than these and the frame's window.
 * @throws RangeError when it is damaged, holds another number of bytes or asks for a window of more than 128 MiB
 */
export function zstd(input: Uint8Array, byteLength: number): Uint8Array {
  const { content, window } = headOf(input)
  if (content !== undefined && content !== byteLength)
    throw new RangeError(`a ZSTD frame holds ${content} of ${byteLength} bytes`)
  if (window > LARGEST_WINDOW) throw new RangeError(`a ZSTD frame asks for a window of ${window} bytes`)
  const out = new Uint8Array(byteLength)
  let at = 0
  try {
    new Decompress((part) => {
      if (at + part.length > byteLength) throw new RangeError(`a ZSTD frame holds more than ${byteLength} bytes`)
      out.set(part, at)
      at += part.length
    }).push(input, true)
  } catch (error) {
    if (error instanceof RangeError) throw error
    throw new RangeError(`a ZSTD frame is damaged (${error instanceof Error ? error.message : String(error)})`, { cause: error })
  }
  if (at !== byteLength) throw new RangeError(`a ZSTD frame holds ${at} of ${byteLength} bytes`)
  return out
}

function headOf(input: Uint8Array): { content: number | undefined; window: number } {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  if (input.length < 9 || view.getUint32(0, true) !== MAGIC) throw new RangeError('a buffer is no ZSTD frame')
  const descriptor = input[4]!
  const single = (descriptor >> 5) & 1
  const idBytes = [0, 1, 2, 4][descriptor & 3]!
  const at = 6 - single + idBytes
  const sizeBytes = [single, 2, 4, 8][descriptor >> 6]!
  if (at + sizeBytes > input.length) throw new RangeError('a ZSTD frame is cut short')
  let window = single ? 0 : 1024 * (1 + (input[5]! & 7) / 8)
  for (let k = input[5]! >> 3; k > 0; k--) window *= 2
  if (sizeBytes === 0) return { content: undefined, window }
  let size = 0
  for (let k = sizeBytes - 1; k >= 0; k--) size = size * 256 + input[at + k]!
  return { content: sizeBytes === 2 ? size + 256 : size, window }
}
