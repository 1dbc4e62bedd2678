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
 * @example
 * const [low, high] = bootstrapMeans({ seed: 1 })([0.1, 0.3, 0.2, 0.4])
 * console.log(low, high)
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
    const means = resampledMeans(Float64Array.from(values), picks, resamples)
    return [quantileOf(means, (1 - level) / 2), quantileOf(means, 1 - (1 - level) / 2)]
  }
}

/** Four resamples at a time: each sum keeps its order, and the processor need not wait for one to begin the next. */
function resampledMeans(data: Float64Array, picks: Uint16Array | Uint32Array, resamples: number): Float64Array {
  const n = data.length
  const means = new Float64Array(resamples)
  let r = 0
  for (; r + 4 <= resamples; r += 4) {
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    for (let k = r * n, end = k + n; k < end; k++) {
      a += data[picks[k]!]!
      b += data[picks[k + n]!]!
      c += data[picks[k + 2 * n]!]!
      d += data[picks[k + 3 * n]!]!
    }
    means[r] = a / n
    means[r + 1] = b / n
    means[r + 2] = c / n
    means[r + 3] = d / n
  }
  for (; r < resamples; r++) {
    let sum = 0
    for (let k = r * n, end = k + n; k < end; k++) sum += data[picks[k]!]!
    means[r] = sum / n
  }
  return means
}

/** `quantile` of values in any order (which it changes): the two order statistics are selected, not all sorted. */
function quantileOf(values: Float64Array, share: number): number {
  const at = share * (values.length - 1)
  const below = Math.floor(at)
  const low = select(values, below)
  if (at === below) return low
  let high = Infinity
  for (let k = below + 1; k < values.length; k++) high = Math.min(high, values[k]!)
  return low + (high - low) * (at - below)
}

/** The value that sorting would put at `rank`; smaller ones end up before it, larger ones behind (Hoare's selection). */
function select(values: Float64Array, rank: number): number {
  for (let low = 0, high = values.length - 1; low < high; ) {
    const pivot = values[(low + high) >> 1]!
    let i = low
    let j = high
    while (i <= j) {
      while (values[i]! < pivot) i++
      while (values[j]! > pivot) j--
      if (i > j) break
      const held = values[i]!
      values[i++] = values[j]!
      values[j--] = held
    }
    if (rank <= j) high = j
    else if (rank >= i) low = i
    else break
  }
  return values[rank]!
}

/** `resamples` times n indices below n: the high part of word · n, whose product is exact in a double for n below 2^21. */
function drawIndices(n: number, resamples: number, seed: number): Uint16Array | Uint32Array {
  const next = randomWords(seed)
  const picks = n <= 65_536 ? new Uint16Array(n * resamples) : new Uint32Array(n * resamples)
  for (let k = 0; k < picks.length; k++) picks[k] = Math.floor((next() * n) / 4_294_967_296)
  return picks
}
