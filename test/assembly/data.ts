/** Pseudo-random numbers in [-1, 1) for tests: the same in every run. */
export function randomNumbers(count: number, seed: number): Float32Array {
  let state = seed >>> 0
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    // A sum of four: bell-shaped, with small and large filters among them.
    let sum = 0
    for (let k = 0; k < 4; k++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      sum += state / 4294967296 - 0.5
    }
    values[i] = sum / 2
  }
  return values
}

/** |a - b| over |b| (over 1e-300 when b is 0). */
export function relative(a: number, b: number): number {
  return a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(b), 1e-300)
}

/** Largest |a - b| relative to the largest |b|. */
export function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0
  let top = 1e-300
  for (let i = 0; i < b.length; i++) {
    const d = Math.abs(a[i]! - b[i]!)
    difference = Math.max(d, difference)
    top = Math.max(top, Math.abs(b[i]!))
  }
  if (a.length !== b.length) return Number.NaN
  return difference / top
}

/** A double as Python's float.hex writes it: -0x1.8p+1. */
export function double(text: string): number {
  const parts = /^(-?)0x([01])\.?([0-9a-f]*)p([+-]\d+)$/.exec(text)
  if (!parts) throw new Error(`${text} is not a float.hex`)
  const [, sign, lead, fraction, exponent] = parts as unknown as [string, string, string, string, string]
  const bits = BigInt(`0x${lead}${fraction}`)
  let value = Number(bits) // at most 53 bits: exact
  let power = Number(exponent) - 4 * fraction.length
  for (; power < -1000; power += 1000) value *= 2 ** -1000
  for (; power > 1000; power -= 1000) value *= 2 ** 1000
  value *= 2 ** power
  return sign ? -value : value
}
