import { type Coefficients, coefficientBins, type Histograms, mergeHistograms } from './coefficients.ts'
import type { MatchedPair } from './comparisons.ts'
import type { MemberHistograms } from './member-histograms.ts'
import { scopes } from './model-depth.ts'
import type { CoefficientRow, Counting, ShiftRow } from './report-types.ts'
import { type Densities, densities, distributionShift } from './shift.ts'
import type { Transcendental } from './transcendental.ts'

const at = (histograms: MemberHistograms, bucket: number | 'all'): Histograms =>
  bucket === 'all' ? histograms.all : histograms.depth[bucket]!

/** The shift between the two groups: over all data sets and for each, in both countings, overall and by depth bucket. */
export function groupShifts(
  models: readonly MemberHistograms[],
  pairs: readonly MatchedPair[],
  datasets: readonly (string | null)[],
  coefficients: Coefficients,
  math: Transcendental,
): ShiftRow[] {
  const components = coefficients.basis.mean.length
  const countings: readonly Counting[] = pairs.length > 0 ? ['pairs', 'models'] : ['models']
  return datasets.flatMap((dataset) =>
    countings.flatMap((counting) => {
      const times = timesOf(models, pairs, dataset, counting)
      return scopes.map(([key, bucket]): ShiftRow => {
        const sides = (['a', 'b'] as const).map((group) => {
          const parts = models.filter(({ member }) => member.group === group && times(member.row.model) > 0)
          return mergeHistograms(
            parts.map((part) => ({ ...at(part, key), model: part.member.row.model })),
            components,
            ({ model }) => times(model),
          )
        })
        const row = { dataset, counting, bucket, filters_a: sides[0]!.filters, filters_b: sides[1]!.filters }
        const [a, b] = sides.map((side) => densities(side, coefficients.range, math))
        if (!a || !b) return { ...row, shift: null, components: null, because: 'a group has no non-sparse filter here' }
        const found = distributionShift(a, b, coefficients.basis.explainedVarianceRatio)
        return { ...row, shift: found.shift, components: [...found.components], because: null }
      })
    }),
  )
}

/** How often a model counts: once for each of its pairs, or once. */
function timesOf(
  models: readonly MemberHistograms[],
  pairs: readonly MatchedPair[],
  dataset: string | null,
  counting: Counting,
): (model: string) => number {
  const times = new Map<string, number>()
  if (counting === 'models') {
    for (const { member } of models) if (dataset === null || member.dataset === dataset) times.set(member.row.model, 1)
  } else {
    for (const pair of pairs) {
      if (dataset !== null && pair.dataset !== dataset) continue
      for (const { row } of [pair.a, pair.b]) times.set(row.model, (times.get(row.model) ?? 0) + 1)
    }
  }
  return (model) => times.get(model) ?? 0
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
export function coefficientRows(
  models: readonly MemberHistograms[],
  datasets: readonly (string | null)[],
  components: number,
): CoefficientRow[] {
  return datasets.flatMap((dataset) =>
    scopes.flatMap(([key, bucket]) =>
      (['a', 'b'] as const).map((group): CoefficientRow => {
        const parts = models.filter(({ member }) => member.group === group && (dataset === null || member.dataset === dataset))
        const { filters, counts, min, max } = mergeHistograms(
          parts.map((part) => at(part, key)),
          components,
        )
        const table = Array.from({ length: components }, (_, c) =>
          Array.from(counts).slice(c * coefficientBins, (c + 1) * coefficientBins),
        )
        const known = Array.from(min).every(Number.isFinite)
        return {
          group,
          dataset,
          bucket,
          filters,
          counts: table,
          min: known ? Array.from(min) : null,
          max: known ? Array.from(max) : null,
        }
      }),
    ),
  )
}
