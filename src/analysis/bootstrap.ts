import { quantile } from './quantile.ts'
import { randomWords } from './random.ts'

/** Settings of the bootstrap; the defaults are what the report uses. */
export interface BootstrapOptions {
  /** Default 10,000. */
  readonly resamples?: number
  /** Default 1. */
  readonly seed?: number
  /** Default 0.95. */
  readonly level?: number
}

export const bootstrapDefaults = { resamples: 10_000, seed: 1, level: 0.95 } as const

/**
 * Percentile bootstrap of means: returns a function from values to the interval [low, high] that holds `level` of the means
 * of `resamples` resamples of the values, drawn with replacement. The draws depend on the seed and on how many values there
 * are, not on the values, so they are made once for each length. Null for fewer than two values.
 */
export function bootstrapMeans(
  options: BootstrapOptions = {},
): (values: readonly number[]) => [low: number, high: number] | null {
  const { resamples, seed, level } = { ...bootstrapDefaults, ...options }
  const draws = new Map<number, Uint16Array | Uint32Array>()
  return (values) => {
    const n = values.length
    if (n < 2) return null
    let picks = draws.get(n)
    if (!picks) draws.set(n, (picks = drawIndices(n, resamples, seed)))
    const data = Float64Array.from(values)
    const means = new Float64Array(resamples)
    for (let r = 0, k = 0; r < resamples; r++) {
      let sum = 0
      for (const end = k + n; k < end; k++) sum += data[picks[k]!]!
      means[r] = sum / n
    }
    means.sort()
    return [quantile(means, (1 - level) / 2), quantile(means, 1 - (1 - level) / 2)]
  }
}

/** `resamples` times n indices below n: the high part of word · n, whose product is exact in a double for n below 2^21. */
function drawIndices(n: number, resamples: number, seed: number): Uint16Array | Uint32Array {
  const next = randomWords(seed)
  const picks = n <= 65_536 ? new Uint16Array(n * resamples) : new Uint32Array(n * resamples)
  for (let k = 0; k < picks.length; k++) picks[k] = Math.floor((next() * n) / 4_294_967_296)
  return picks
}
