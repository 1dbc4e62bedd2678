import { edgeNumbers } from './random.mjs'

/** Changes bytes without knowing what they mean: cut, flipped, overwritten, moved, repeated, mixed with another file. */
export function mutateBytes(bytes, random, other = bytes) {
  let out = bytes.slice()
  for (let k = 1 + random.below(random.pick([1, 2, 8])); k > 0; k--) out = once(out, random, other)
  return out
}

function once(bytes, random, other) {
  const length = bytes.length
  const at = random.below(length + 1)
  const span = Math.min(random.below(random.pick([4, 32, 1024])) + 1, length - at)
  switch (random.below(9)) {
    case 0:
      return bytes.slice(0, at)
    case 1:
      if (at < length) bytes[at] ^= 1 << random.below(8)
      return bytes
    case 2:
      if (at < length) bytes[at] = random.below(256)
      return bytes
    case 3:
      return join(bytes.subarray(0, at), bytes.subarray(at + span))
    case 4:
      return join(bytes.subarray(0, at), bytes.subarray(at, at + span), bytes.subarray(at))
    case 5:
      return join(
        bytes.subarray(0, at),
        Uint8Array.from({ length: span }, () => random.below(256)),
        bytes.subarray(at),
      )
    case 6: {
      const from = random.below(other.length + 1)
      return join(bytes.subarray(0, at), other.subarray(from, from + random.below(2048)), bytes.subarray(at + span))
    }
    case 7:
      bytes.fill(random.pick([0, 0xff, 0x80, 0x7f, random.below(256)]), at, at + span)
      return bytes
    default: {
      const size = random.pick([1, 2, 4, 8])
      if (at + size > length) return bytes
      const view = new DataView(bytes.buffer, bytes.byteOffset, length)
      const value = BigInt(random.pick(edgeNumbers))
      const little = random.chance(2)
      if (size === 8) view.setBigInt64(at, value, little)
      else if (size === 4) view.setUint32(at, Number(BigInt.asUintN(32, value)), little)
      else if (size === 2) view.setUint16(at, Number(BigInt.asUintN(16, value)), little)
      else bytes[at] = Number(BigInt.asUintN(8, value))
      return bytes
    }
  }
}

export function join(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
