/** A stream of 32-bit words, the same for the same seed in every engine: xoshiro128** (Blackman and Vigna 2018), its state filled by mixing a counter (the finaliser of MurmurHash3). */
export function randomWords(seed: number): () => number {
  let fill = seed >>> 0
  const split = (): number => {
    fill = (fill + 0x9e3779b9) >>> 0
    let z = fill
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return (z ^ (z >>> 16)) >>> 0
  }
  let s0 = split()
  let s1 = split()
  let s2 = split()
  let s3 = split()
  const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k))
  return () => {
    const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0
    const t = s1 << 9
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = rotate(s3, 11)
    return result
  }
}
