/** From this many dimensions on the series below is exact to 1e-17 of its value. */
const LARGE = 512

/** 1/8, 1/128 … of Γ(n + ½) / (√n·Γ(n)) = 1 − 1/(8n) + 1/(128n²) + 5/(1024n³) − 21/(32768n⁴) − 399/(262144n⁵) … (DLMF 5.11.13). */
const series = [1, -1 / 8, 1 / 128, 5 / 1024, -21 / 32768, -399 / 262144]

/**
 * Mean |cosine| of two independent directions in d dimensions, Γ(d/2) / (√π·Γ((d+1)/2)): 1, 2/π, 1/2 … By the recurrence
 * E(d + 2) = E(d)·d/(d + 1), of many dimensions by the series; + − × ÷ and square roots alone, so every engine has the same bits.
 * @param d 1 or more
 */
export function randomCosine(d: number): number {
  if (d < LARGE) {
    let value = d % 2 === 1 ? 1 : 2 / Math.PI
    for (let k = d % 2 === 1 ? 1 : 2; k < d; k += 2) value *= k / (k + 1)
    return value
  }
  const n = d / 2
  let sum = 0
  for (let k = series.length - 1; k >= 0; k--) sum = sum / n + series[k]!
  return 1 / (Math.sqrt(Math.PI * n) * sum)
}
