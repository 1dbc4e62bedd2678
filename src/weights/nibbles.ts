import { type RandomAccess, requireRange } from '../io/random-access.ts'

/** What each code of four bits is as a byte of a stored type: `int4` and `uint4` as int8 and uint8, `float4e2m1` as float8e4m3fn. */
export const nibbleCodes = {
  int4: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff),
  uint4: Uint8Array.from({ length: 16 }, (_, code) => code),
  // 0, ½, 1, 1½, 2, 3, 4, 6, and the same with a sign.
  float4e2m1: Uint8Array.from(
    { length: 16 },
    (_, code) => ((code & 8) << 4) | [0, 0x30, 0x38, 0x3c, 0x40, 0x44, 0x48, 0x4c][code & 7]!,
  ),
} as const

/** `count` numbers of four bits, two in a byte, the first in its lower half, read as one byte each. */
export function nibbleAccess(packed: RandomAccess, start: number, count: number, codes: Uint8Array): RandomAccess {
  return {
    name: packed.name,
    byteLength: count,
    async read(offset, length, into) {
      requireRange(packed.name, count, offset, length)
      const out = into ? into.subarray(0, length) : new Uint8Array(length)
      if (length === 0) return out
      const first = Math.floor(offset / 2)
      const bytes = await packed.read(start + first, Math.ceil((offset + length) / 2) - first)
      for (let k = 0; k < length; k++) {
        const at = offset + k
        const byte = bytes[Math.floor(at / 2) - first]!
        out[k] = codes[at % 2 === 1 ? byte >> 4 : byte & 15]!
      }
      return out
    },
  }
}
