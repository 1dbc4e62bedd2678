import { randomWords } from '../shift/random.ts'
import type { Picks } from '../wasm/shift-draws.ts'

/** What is exchanged between two sides to see what chance gives, and how. */
export interface Exchange {
  /** Independent units: clusters of pairs, or models. */
  readonly units: number
  /** Rows of counts that are picked from: two of each cluster (side a, side b), one of each model. */
  readonly rows: number
  /** One draw: the sides as they are. */
  readonly observed: Picks
  /** Draws in which the sides mean nothing. */
  readonly exchanged: Picks
  /** Draws of as many units, with repetition; null where a side has a single unit. */
  readonly resampled: Picks | null
}

/** All rows that the first side did not pick. */
const theRest = new Uint16Array(0)

/** Draws of either kind. */
export const chanceDraws = 1000

/** Clusters of pairs: the two sides of each are swapped or not. Row 2k holds side a of cluster k, row 2k + 1 its side b. */
export function swapClusters(clusters: number, seed: number, draws: number = chanceDraws): Exchange {
  const next = randomWords(seed)
  const sides = (n: number) => ({ draws: n, a: new Uint16Array(n * clusters), b: new Uint16Array(n * clusters) })
  const observed = sides(1)
  for (let k = 0; k < clusters; k++) observed.b[k] = (observed.a[k] = 2 * k) + 1
  const exchanged = { draws, a: new Uint16Array(draws * clusters), b: theRest }
  for (let d = 0, at = 0; d < draws; d++) {
    let word = 0
    for (let k = 0; k < clusters; k++, at++) {
      if (k % 32 === 0) word = next()
      exchanged.a[at] = 2 * k + ((word >>> (k % 32)) & 1)
    }
  }
  if (clusters < 2) return { units: clusters, rows: 2 * clusters, observed, exchanged, resampled: null }
  const resampled = sides(draws)
  for (let at = 0; at < resampled.a.length; at++) resampled.b[at] = (resampled.a[at] = 2 * below(next, clusters)) + 1
  return { units: clusters, rows: 2 * clusters, observed, exchanged, resampled }
}

/** Models whose labels are permuted within a stratum: the rows of each side. */
export interface Stratum {
  readonly a: readonly number[]
  readonly b: readonly number[]
}

/** Labels of models permuted within strata; resampled within each side of each stratum. A row a model. */
export function permuteLabels(strata: readonly Stratum[], seed: number, draws: number = chanceDraws): Exchange {
  const next = randomWords(seed)
  const [ofA, ofB] = [strata.flatMap(({ a }) => a), strata.flatMap(({ b }) => b)]
  const sides = (n: number) => ({ draws: n, a: new Uint16Array(n * ofA.length), b: new Uint16Array(n * ofB.length) })
  const observed = { draws: 1, a: Uint16Array.from(ofA), b: Uint16Array.from(ofB) }
  const exchanged = { draws, a: new Uint16Array(draws * ofA.length), b: theRest }
  const both = strata.map(({ a, b }) => Uint16Array.from([...a, ...b]))
  for (let d = 0, at = 0; d < draws; d++) {
    for (const [s, { a }] of strata.entries()) {
      const rows = both[s]!
      shuffle(rows, next)
      exchanged.a.set(rows.subarray(0, a.length), at)
      at += a.length
    }
  }
  const units = { units: ofA.length + ofB.length, rows: ofA.length + ofB.length, observed, exchanged }
  if (Math.min(ofA.length, ofB.length) < 2) return { ...units, resampled: null }
  const resampled = sides(draws)
  for (const side of ['a', 'b'] as const) {
    for (let d = 0, at = 0; d < draws; d++)
      for (const stratum of strata) {
        const rows = stratum[side]
        for (let k = 0; k < rows.length; k++) resampled[side][at++] = rows[below(next, rows.length)]!
      }
  }
  return { ...units, resampled }
}

/** A whole number below n: the high part of word · n, exact in a double for n below 2^21. */
function below(next: () => number, n: number): number {
  return Math.floor((next() * n) / 4_294_967_296)
}

/** Fisher and Yates. */
function shuffle(values: Uint16Array | Uint32Array, next: () => number): void {
  for (let k = values.length - 1; k > 0; k--) {
    const other = below(next, k + 1)
    const held = values[k]!
    values[k] = values[other]!
    values[other] = held
  }
}

/** Units beyond this many are exchanged in blocks: what is kept does not grow with the number of models. */
export const MOST_UNITS = 128
const FEWEST_BLOCKS = 8

/**
 * Numbers of blocks, from 0: each unit is one of its own, or, where there are too many, a block holds several of one kind that were
 * put together at random, and a kind has blocks by its size.
 */
export function blocksByKind(kinds: readonly (string | null)[], seed: number): number[] {
  if (kinds.length <= MOST_UNITS) return kinds.map((_, k) => k)
  const byKind = new Map<string | null, number[]>()
  for (const [k, kind] of kinds.entries()) {
    const own = byKind.get(kind)
    if (own) own.push(k)
    else byKind.set(kind, [k])
  }
  const next = randomWords(seed)
  const blocks: number[] = []
  let first = 0
  for (const own of byKind.values()) {
    const most = Math.min(own.length, Math.max(FEWEST_BLOCKS, Math.floor((MOST_UNITS * own.length) / kinds.length)))
    const order = Uint32Array.from(own)
    shuffle(order, next)
    for (let k = 0; k < order.length; k++) blocks[order[k]!] = first + (k % most)
    first += most
  }
  return blocks
}
