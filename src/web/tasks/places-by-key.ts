/** Places up to this many are packed with their key into one exact double: 31 bits of a float32 that is not negative, 22 of a place. */
const PACKED = 1 << 22

/** Indices 0 … n-1 by rising (or falling) key, equal keys by index. Keys are never NaN or negative. `most`: of keys that are packed. */
export function placesByKey(keys: Float32Array, falling = false, most = PACKED): Int32Array {
  if (keys.length > most) {
    const sign = falling ? -1 : 1
    return Int32Array.from(keys, (_, i) => i).sort((i, j) => sign * (keys[i]! - keys[j]!) || i - j)
  }
  // The bits of such a float32 rise with it; sorting numbers is ten times faster than asking a function to compare them.
  const bits = new Uint32Array(keys.buffer, keys.byteOffset, keys.length)
  const packed = new Float64Array(keys.length)
  for (let i = 0; i < packed.length; i++) packed[i] = (falling ? 0x7fffffff - bits[i]! : bits[i]!) * PACKED + i
  packed.sort()
  return Int32Array.from(packed, (value) => value % PACKED)
}
