import { type Coefficients, coefficientBins, type Histograms, mergeHistograms } from './coefficients.ts'
import type { MatchedPair } from './comparisons.ts'
import { histogramsIn, type MemberHistograms } from './member-histograms.ts'
import { type BucketName, bucketNames, type CoefficientRow, type Counting, type ShiftRow } from './report-types.ts'
import { type Densities, densities, distributionShift } from './shift.ts'
import type { Transcendental } from './transcendental.ts'

/** Histograms of both groups in one data set (null: all), counting and bucket. */
export interface GroupHistograms {
  readonly dataset: string | null
  readonly counting: Counting
  readonly bucket: BucketName | 'all'
  readonly a: Histograms
  readonly b: Histograms
}

/** Both groups' histograms over all data sets and for each, in both countings (without pairs: each model once), overall and by bucket. */
export function groupHistograms(
  models: readonly MemberHistograms[],
  pairs: readonly MatchedPair[],
  datasets: readonly (string | null)[],
  components: number,
): GroupHistograms[] {
  const countings: readonly Counting[] = pairs.length > 0 ? ['pairs', 'models'] : ['models']
  return datasets.flatMap((dataset) =>
    countings.flatMap((counting) => {
      const times = counting === 'models' ? undefined : timesInPairs(pairs, dataset)
      const sides = (['a', 'b'] as const).map((group) => {
        const parts = models.filter(({ member }) => {
          if (member.group !== group) return false
          return times ? times.has(member.row.model) : dataset === null || member.dataset === dataset
        })
        const weights = parts.map(({ member }) => times?.get(member.row.model) ?? 1)
        return (key: number | 'all'): Histograms =>
          mergeHistograms(
            parts.map((part) => histogramsIn(part, key)),
            components,
            weights,
          )
      })
      const depth = bucketNames.map((bucket, k) => ({ dataset, counting, bucket, a: sides[0]!(k), b: sides[1]!(k) }))
      return [{ dataset, counting, bucket: 'all' as const, a: sides[0]!('all'), b: sides[1]!('all') }, ...depth]
    }),
  )
}

/** How often a model counts: once for each of its pairs. */
function timesInPairs(pairs: readonly MatchedPair[], dataset: string | null): Map<string, number> {
  const times = new Map<string, number>()
  for (const pair of pairs) {
    if (dataset !== null && pair.dataset !== dataset) continue
    for (const { row } of [pair.a, pair.b]) times.set(row.model, (times.get(row.model) ?? 0) + 1)
  }
  return times
}

/** The shift between the two groups, row by row. */
export function groupShifts(rows: readonly GroupHistograms[], coefficients: Coefficients, math: Transcendental): ShiftRow[] {
  return rows.map(({ dataset, counting, bucket, a, b }): ShiftRow => {
    const row = { dataset, counting, bucket, filters_a: a.filters, filters_b: b.filters }
    const [p, q] = [densities(a, coefficients.range, math), densities(b, coefficients.range, math)]
    if (!p || !q) return { ...row, shift: null, components: null, because: emptyBecause(counting, a, b) }
    const found = distributionShift(p, q, coefficients.basis.explainedVarianceRatio)
    return { ...row, shift: found.shift, components: [...found.components], because: null }
  })
}

/** Without filters on both sides there is no pair (or model) at all; on one side, its filters are sparse or it has no such layer. */
function emptyBecause(counting: Counting, a: Histograms, b: Histograms): string {
  if (a.filters > 0 || b.filters > 0) return 'a group has no non-sparse filter here'
  return `no ${counting === 'pairs' ? 'pair' : 'model'} has filters here`
}

/** The shift between the two models of a pair; null when one has no non-sparse filter. */
export function pairShifts(
  pairs: readonly MatchedPair[],
  models: readonly MemberHistograms[],
  coefficients: Coefficients,
  math: Transcendental,
): (number | null)[] {
  const made = new Map<string, Densities | null>()
  for (const { member, all } of models) made.set(member.row.model, densities(all, coefficients.range, math))
  return pairs.map(({ a, b }) => {
    const [x, y] = [made.get(a.row.model), made.get(b.row.model)]
    return x && y ? distributionShift(x, y, coefficients.basis.explainedVarianceRatio).shift : null
  })
}

/** Histograms of both groups, each model once: what ridge plots are drawn from. */
export function coefficientRows(rows: readonly GroupHistograms[]): CoefficientRow[] {
  return rows
    .filter(({ counting }) => counting === 'models')
    .flatMap((row) =>
      (['a', 'b'] as const).map((group): CoefficientRow => {
        const { filters, counts, min, max } = row[group]
        const components = min.length
        const known = min.every(Number.isFinite)
        return {
          group,
          dataset: row.dataset,
          bucket: row.bucket,
          filters,
          counts: Array.from({ length: components }, (_, c) => [
            ...counts.subarray(c * coefficientBins, (c + 1) * coefficientBins),
          ]),
          min: known ? [...min] : null,
          max: known ? [...max] : null,
        }
      }),
    )
}
