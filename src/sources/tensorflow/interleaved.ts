import { type RandomAccess, requireRange } from '../../io/random-access.ts'

const WINDOW = 1 << 20

/**
 * Parts of a tensor along an axis that is not the first, read as the whole: row after row, of each row first what the first part
 * holds of it (`rowBytes[0]`), then what the second holds.
 */
export function interleaved(name: string, parts: readonly RandomAccess[], rowBytes: readonly number[]): RandomAccess {
  const wholeRow = rowBytes.reduce((sum, bytes) => sum + bytes, 0)
  const byteLength = parts.reduce((sum, part) => sum + part.byteLength, 0)
  const perWindow = Math.max(1, Math.floor(WINDOW / wholeRow))
  return {
    name,
    byteLength,
    async read(offset, length, into) {
      requireRange(name, byteLength, offset, length)
      const out = into ? into.subarray(0, length) : new Uint8Array(length)
      const last = Math.ceil((offset + length) / wholeRow)
      for (let row = Math.floor(offset / wholeRow); row < last; row += perWindow) {
        const rows = Math.min(perWindow, last - row)
        let before = 0
        for (const [k, part] of parts.entries()) {
          const own = rowBytes[k]!
          const bytes = await part.read(row * own, rows * own)
          for (let r = 0; r < rows; r++) {
            const to = (row + r) * wholeRow + before - offset
            const from = Math.max(0, -to)
            const until = Math.min(own, length - to)
            if (until > from) out.set(bytes.subarray(r * own + from, r * own + until), to + from)
          }
          before += own
        }
      }
      return out
    },
  }
}
