import type { PrincipalComponents } from '../shift/principal-components.ts'
import { densities, distributionShift } from '../shift/shift.ts'
import type { Transcendental } from '../shift/transcendental.ts'
import { type RawChance, withHolm } from './chance.ts'
import { coefficientBins, type Histograms } from './coefficients.ts'
import type { MatchedPair } from './comparisons.ts'
import type { BucketName, CoefficientRow, Counting, ShiftRow } from './report-types.ts'

/** Histograms of both groups in one data set (null: all), counting and bucket. */
export interface GroupHistograms {
  readonly dataset: string | null
  readonly counting: Counting
  readonly bucket: BucketName | 'all'
  readonly a: Histograms
  readonly b: Histograms
}

/** How often a model counts: once for each of its pairs. */
export function timesInPairs(pairs: readonly MatchedPair[], dataset: string | null): Map<string, number> {
  const times = new Map<string, number>()
  for (const pair of pairs) {
    if (dataset !== null && pair.dataset !== dataset) continue
    for (const { row } of [pair.a, pair.b]) times.set(row.model, (times.get(row.model) ?? 0) + 1)
  }
  return times
}

/** What histograms are made in. */
export interface InBasis {
  readonly range: readonly [low: number, high: number]
  readonly basis: PrincipalComponents
}

/** The shift between the two groups, row by row, with what chance gives beside each. */
export function groupShifts(
  rows: readonly GroupHistograms[],
  coefficients: InBasis,
  math: Transcendental,
  chanceOf: (scope: Pick<ShiftRow, 'dataset' | 'counting' | 'bucket'>, shift: number) => RawChance | null,
): ShiftRow[] {
  const shifts = rows.map(({ dataset, counting, bucket, a, b }): Shifted => {
    const row = { dataset, counting, bucket, filters_a: a.filters, filters_b: b.filters }
    const [p, q] = [densities(a, coefficients.range, math), densities(b, coefficients.range, math)]
    if (!p || !q) return { ...row, shift: null, components: null, raw: null, because: emptyBecause(counting, a, b) }
    const found = distributionShift(p, q, coefficients.basis.explainedVarianceRatio)
    const raw = chanceOf(row, found.shift)
    return { ...row, shift: found.shift, components: [...found.components], raw, because: null }
  })
  // The buckets of a data set are looked at together, and so are the data sets where all layers are taken together.
  const chances = withHolm(
    shifts.map(({ raw }) => raw),
    shifts.map(({ dataset, counting, bucket }) => JSON.stringify(bucket === 'all' ? [counting] : [counting, dataset])),
  )
  return shifts.map(({ raw, because, ...row }, k): ShiftRow => ({ ...row, chance: chances[k]!, because }))
}

interface Shifted extends Omit<ShiftRow, 'chance'> {
  readonly raw: RawChance | null
}

/** Without filters on both sides there is no pair (or model) at all; on one side, its filters are sparse or it has no such layer. */
function emptyBecause(counting: Counting, a: Histograms, b: Histograms): string {
  if (a.filters > 0 || b.filters > 0) return 'a group has no non-sparse filter here'
  return `no ${counting === 'pairs' ? 'pair' : 'model'} has filters here`
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
