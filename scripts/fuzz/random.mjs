/** Random numbers that follow from a seed and an index alone (splitmix32). */
export function randomOf(seed, index) {
  let state = Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)
  const next = () => {
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  const below = (count) => (count <= 1 ? 0 : next() % count)
  return {
    /** A whole number from 0 to count - 1. */
    below,
    pick: (list) => list[below(list.length)],
    chance: (one) => below(one) === 0,
  }
}

/** Numbers at which readers break. */
export const edgeNumbers = [
  0,
  1,
  2,
  3,
  7,
  8,
  9,
  15,
  16,
  127,
  128,
  255,
  256,
  32767,
  32768,
  65535,
  65536,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  -1,
  -2,
  -128,
  -(2 ** 31),
]
