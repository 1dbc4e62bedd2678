import { randomWords } from '../shift/random.ts'

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

/** The mean of a resample lies between these with the level's probability; null for fewer than two values. */
export type Interval = [low: number, high: number] | null

/**
 * Percentile bootstrap of means: returns a function from values to the interval [low, high] that holds `level` of the means
 * of `resamples` resamples of the values, drawn with replacement. The draws depend on the seed and on how many values there
 * are, not on the values. Null for fewer than two values. Many lists are faster at once: `bootstrapIntervals`.
 * @example
 * const [low, high] = bootstrapMeans({ seed: 1 })([0.1, 0.3, 0.2, 0.4])
 * console.log(low, high)
 */
export function bootstrapMeans(options: BootstrapOptions = {}): (values: readonly number[]) => Interval {
  return (values) => bootstrapIntervals([values], options)[0]!
}

/** The interval of each list of values: lists of one length share their draws, of which no more than four resamples are held. */
export function bootstrapIntervals(lists: readonly (readonly number[])[], options: BootstrapOptions = {}): Interval[] {
  const { resamples, seed, level } = { ...bootstrapDefaults, ...options }
  const intervals = lists.map((): Interval => null)
  for (const [n, indices] of byLength(lists)) {
    if (n < 2) continue
    const { distinct, numbers } = distinctOf(indices.map((k) => lists[k]!))
    const means = resampledMeans(distinct, n, resamples, seed)
    const found = means.map((own): Interval => [quantileOf(own, (1 - level) / 2), quantileOf(own, 1 - (1 - level) / 2)])
    for (const [k, index] of indices.entries()) {
      const [low, high] = found[numbers[k]!]!
      intervals[index] = [low, high]
    }
  }
  return intervals
}

function byLength(lists: readonly (readonly number[])[]): Map<number, number[]> {
  const indices = new Map<number, number[]>()
  for (const [k, { length }] of lists.entries()) {
    const own = indices.get(length)
    if (own) own.push(k)
    else indices.set(length, [k])
  }
  return indices
}

/** Where every pair has models of its own, both countings have the same differences: they are drawn from once. */
function distinctOf(lists: readonly (readonly number[])[]): {
  readonly distinct: readonly Float64Array[]
  readonly numbers: number[]
} {
  const distinct: Float64Array[] = []
  const numbers = lists.map((list) => {
    const known = distinct.findIndex((other) => list.every((value, k) => Object.is(value, other[k])))
    return known < 0 ? distinct.push(Float64Array.from(list)) - 1 : known
  })
  return { distinct, numbers }
}

/** Resamples at a time: each sum keeps its order, and the processor need not wait for one to begin the next. */
const AT_ONCE = 4

/** The means of the resamples of each list, all of `n` values. */
function resampledMeans(lists: readonly Float64Array[], n: number, resamples: number, seed: number): Float64Array[] {
  const means = lists.map(() => new Float64Array(resamples))
  const picks = new Uint32Array(AT_ONCE * n)
  const next = randomWords(seed)
  for (let r = 0; r < resamples; r += AT_ONCE) {
    const count = Math.min(AT_ONCE, resamples - r)
    // The high part of word · n, whose product is exact in a double for n below 2^21.
    for (let k = 0; k < count * n; k++) picks[k] = Math.floor((next() * n) / 4_294_967_296)
    for (const [k, data] of lists.entries()) addMeans(data, picks, count, means[k]!, r)
  }
  return means
}

function addMeans(data: Float64Array, picks: Uint32Array, count: number, means: Float64Array, r: number): void {
  const n = data.length
  if (count < AT_ONCE) {
    for (let i = 0; i < count; i++) {
      let sum = 0
      for (let k = i * n, end = k + n; k < end; k++) sum += data[picks[k]!]!
      means[r + i] = sum / n
    }
    return
  }
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  for (let k = 0; k < n; k++) {
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
