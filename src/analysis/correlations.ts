import { type MeasuredMember, valueIn } from './model-depth.ts'
import { type CorrelationRow, groupedNames, type MetricName } from './report-types.ts'
import { spearman, type TriedOrders } from './spearman.ts'

/**
 * Rank correlations of each metric with clean and robust accuracy: over all models, per data set and per architecture, for both
 * groups together and each alone. Sets of fewer than three models are not listed. `classes`: of each model by its index, the same
 * number for the same filters: such models are one observation, with the mean of their accuracies.
 */
export function correlationsOf(
  members: readonly MeasuredMember[],
  datasets: readonly string[],
  architectures: readonly string[],
  classes: Uint32Array,
): CorrelationRow[] {
  const tried: TriedOrders = new Map()
  const grouped = members.filter(({ group }) => group !== null)
  const sets: { by: CorrelationRow['by']; value: string | null; models: readonly MeasuredMember[] }[] = [
    { by: 'all', value: null, models: grouped },
    ...datasets.map((value) => ({ by: 'dataset' as const, value, models: grouped.filter(({ dataset }) => dataset === value) })),
    ...architectures.map((value) => ({
      by: 'architecture' as const,
      value,
      models: grouped.filter(({ architecture }) => architecture === value),
    })),
  ]
  return sets.flatMap(({ by, value, models }) =>
    (['all', 'a', 'b'] as const).flatMap((group) => {
      const inGroup = models.filter((member) => group === 'all' || member.group === group)
      if (inGroup.length < 3) return []
      return groupedNames.flatMap((metric) =>
        (['clean_accuracy', 'robust_accuracy'] as const).map((against) => {
          const [x, y] = observations(inGroup, metric, against, classes)
          const found = spearman(x, y, tried)
          const row = { metric, against, group, by, value, n: x.length }
          if ('because' in found) return { ...row, rho: null, p: null, p_exact: null, because: found.because }
          return { ...row, rho: found.rho, p: found.p, p_exact: found.p_exact, because: null }
        }),
      )
    }),
  )
}

/** A value and an accuracy for each set of models with the same filters. */
function observations(
  members: readonly MeasuredMember[],
  metric: MetricName,
  against: CorrelationRow['against'],
  classes: Uint32Array,
): [x: number[], y: number[]] {
  const known = new Map<number, { readonly value: number; accuracy: number; models: number }>()
  for (const member of members) {
    const [value, accuracy] = [valueIn(member, 'all', metric), member[against]]
    if (value === null || accuracy === null) continue
    const same = known.get(classes[member.index]!)
    if (same) {
      same.accuracy += accuracy
      same.models++
    } else known.set(classes[member.index]!, { value, accuracy, models: 1 })
  }
  const all = [...known.values()]
  return [all.map(({ value }) => value), all.map(({ accuracy, models }) => accuracy / models)]
}
