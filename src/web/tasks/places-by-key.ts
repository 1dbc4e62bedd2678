const DIGIT = 11
const DIGITS = 1 << DIGIT

/**
 * Indices 0 … n-1 by rising (or falling) key, equal keys by index. Keys are never NaN or negative. The bits of such a float32 rise
 * with it: they are sorted by three digits, the least one first.
 */
export function placesByKey(keys: Float32Array, falling = false): Int32Array {
  const bits = new Uint32Array(keys.buffer, keys.byteOffset, keys.length)
  const turned = falling ? 0x7fffffff : 0
  const starts = new Int32Array(DIGITS)
  let places = new Int32Array(keys.length)
  let sorted = new Int32Array(keys.length)
  for (let i = 0; i < places.length; i++) places[i] = i
  for (let shift = 0; shift < 32; shift += DIGIT) {
    starts.fill(0)
    for (let i = 0; i < bits.length; i++) starts[((bits[i]! ^ turned) >>> shift) & (DIGITS - 1)]!++
    for (let digit = 0, start = 0; digit < DIGITS; digit++) {
      const count = starts[digit]!
      starts[digit] = start
      start += count
    }
    for (let i = 0; i < places.length; i++) {
      const place = places[i]!
      sorted[starts[((bits[place]! ^ turned) >>> shift) & (DIGITS - 1)]!++] = place
    }
    const emptied = places
    places = sorted
    sorted = emptied
  }
  return places
}
