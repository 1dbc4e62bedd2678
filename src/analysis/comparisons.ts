import type { Transcendental } from '../shift/transcendental.ts'
import type { Interval } from './bootstrap.ts'
import { clustersOf, distinctPairs } from './clusters.ts'
import { correctedByFamily } from './metric-families.ts'
import { type MeasuredMember, scopes, valueIn } from './model-depth.ts'
import type { Pair } from './pairs.ts'
import { type Counting, groupedNames, type MetricName, type PairedComparison, type PairRow } from './report-types.ts'
import { signedRank } from './wilcoxon.ts'

/** A pair with its two models. */
export interface MatchedPair {
  readonly a: MeasuredMember
  readonly b: MeasuredMember
  readonly architecture: string | null
  readonly dataset: string | null
}

/** Pairs with the members they name, those between the two groups; data set and architecture from the robust model where the pair does not say. */
export function matchPairs(pairs: readonly Pair[], members: readonly MeasuredMember[]): MatchedPair[] {
  const byName = new Map(members.map((member) => [member.row.model, member]))
  return pairs.flatMap((pair) => {
    const [a, b] = [byName.get(pair.a), byName.get(pair.b)]
    if (!a || !b) throw new RangeError(`the pair ${pair.a}, ${pair.b} names a model that is not in the table`)
    if (a.group !== 'a' || b.group !== 'b') return []
    return [{ a, b, architecture: pair.architecture ?? b.architecture, dataset: pair.dataset ?? b.dataset }]
  })
}

/** The intervals of lists of differences. */
type Intervals = (lists: readonly (readonly number[])[]) => readonly Interval[]

/** Every metric, overall and by depth bucket, in both countings, over all pairs and those of each data set; p corrected by Holm. `classes`: the same number for the same filters. */
export function comparePairs(
  pairs: readonly MatchedPair[],
  datasets: readonly (string | null)[],
  classes: Uint32Array,
  intervals: Intervals,
  math: Transcendental,
): PairedComparison[] {
  if (pairs.length === 0) return []
  return datasets.flatMap((dataset) => comparedIn(dataset, pairs, classes, intervals, math))
}

/** Differences that are held at a time: lists of one length share their draws, so that many at once take less time. */
const MOST_HELD = 1 << 21

/** A comparison without its interval, and without what depends on the others. */
type Uncorrected = Omit<PairedComparison, 'p_holm' | 'family'>

function comparedIn(
  dataset: string | null,
  pairs: readonly MatchedPair[],
  classes: Uint32Array,
  intervals: Intervals,
  math: Transcendental,
): PairedComparison[] {
  const inData = pairs.filter((pair) => dataset === null || pair.dataset === dataset)
  const clusters = {
    pairs: inData.map((pair) => [pair]),
    models: clustersOf(inData, classes).map((cluster) => distinctPairs(cluster, classes)),
  }
  const rows: Record<Counting, Uncorrected[]> = { pairs: [], models: [] }
  let waiting: { readonly counting: Counting; readonly row: Uncorrected; readonly differences: readonly number[] }[] = []
  const addIntervals = (): void => {
    const found = intervals(waiting.map(({ differences }) => differences))
    for (const [k, { counting, row }] of waiting.entries()) rows[counting].push({ ...row, interval: found[k]! })
    waiting = []
  }
  for (const metric of groupedNames) {
    for (const counting of ['pairs', 'models'] as const)
      for (const [key, bucket] of scopes) {
        const { differences, ...row } = compare(pointsOf(clusters[counting], metric, key), counting, math)
        waiting.push({ counting, row: { ...row, metric, bucket, dataset, counting }, differences })
      }
    if (waiting.reduce((sum, { differences }) => sum + differences.length, 0) > MOST_HELD) addIntervals()
  }
  addIntervals()
  return [...corrected(rows.pairs), ...corrected(rows.models)]
}

function corrected(rows: readonly Uncorrected[]): PairedComparison[] {
  const found = correctedByFamily(rows.map(({ metric, bucket, test }) => ({ metric, bucket, p: test?.p ?? null })))
  return rows.map((row, k) => ({ ...row, ...found[k]! }))
}

function compare(
  points: readonly Point[],
  counting: Counting,
  math: Transcendental,
): Omit<Uncorrected, 'metric' | 'bucket' | 'dataset' | 'counting'> & {
  /** None where there is no interval. */
  readonly differences: readonly number[]
} {
  const n = points.length
  const what = counting === 'pairs' ? 'pair' : 'independent observation'
  const empty = { n, a: null, b: null, difference: null, interval: null, test: null, differences: [] }
  if (n === 0) return { ...empty, because: `no ${what} has both values` }
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / n
  const differences = points.map(({ a, b }) => b - a)
  const means = { n, a: mean(points.map(({ a }) => a)), b: mean(points.map(({ b }) => b)), difference: mean(differences) }
  if (n === 1) return { ...means, interval: null, test: null, differences: [], because: `only one ${what} has both values` }
  const test = signedRank(differences, math)
  return {
    ...means,
    interval: null,
    ...('because' in test ? { test: null, because: test.because } : { test, because: null }),
    differences,
  }
}

interface Point {
  readonly a: number
  readonly b: number
}

/**
 * One point for each cluster: means over its pairs with both values, each pair of different filters once. A pair alone is a
 * cluster of one; of pairs that share a normal model the point is its value and the mean of its partners.
 */
function pointsOf(clusters: readonly (readonly MatchedPair[])[], metric: MetricName, bucket: number | 'all'): Point[] {
  return clusters.flatMap((cluster) => {
    let [n, sumA, sumB] = [0, 0, 0]
    for (const pair of cluster) {
      const a = valueIn(pair.a, bucket, metric)
      const b = valueIn(pair.b, bucket, metric)
      if (a === null || b === null) continue
      n++
      sumA += a
      sumB += b
    }
    if (n === 0) return []
    const [first] = cluster
    // Of one normal model the value is its own, not the rounded mean of itself.
    const same = cluster.every(({ a }) => a === first!.a)
    return [{ a: same ? valueIn(first!.a, bucket, metric)! : sumA / n, b: sumB / n }]
  })
}

/** The overall metrics of each pair; the shift is filled in by who has the coefficients. */
export function pairRow({ a, b, architecture, dataset }: MatchedPair, shift: Pick<PairRow, 'shift' | 'chance'>): PairRow {
  const metrics = Object.fromEntries(
    groupedNames.map((metric) => {
      const [x, y] = [valueIn(a, 'all', metric), valueIn(b, 'all', metric)]
      return [metric, { a: x, b: y, difference: x === null || y === null ? null : y - x }]
    }),
  ) as PairRow['metrics']
  return { a: a.row.model, b: b.row.model, architecture, dataset, metrics, ...shift }
}
