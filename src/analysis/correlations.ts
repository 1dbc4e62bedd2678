import { type MeasuredMember, valueIn } from './model-depth.ts'
import { type CorrelationRow, groupedNames } from './report-types.ts'
import { spearman, type TriedOrders } from './spearman.ts'

/**
 * Rank correlations of each metric with clean and robust accuracy: over all models, per data set and per architecture, for both
 * groups together and each alone. Sets of fewer than three models are not listed.
 */
export function correlationsOf(
  members: readonly MeasuredMember[],
  datasets: readonly string[],
  architectures: readonly string[],
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
          const [x, y]: [number[], number[]] = [[], []]
          for (const member of inGroup) {
            const [measured, accuracy] = [valueIn(member, 'all', metric), member[against]]
            if (measured === null || accuracy === null) continue
            x.push(measured)
            y.push(accuracy)
          }
          const found = spearman(x, y, tried)
          const row = { metric, against, group, by, value, n: x.length }
          if ('because' in found) return { ...row, rho: null, p: null, p_exact: null, because: found.because }
          return { ...row, rho: found.rho, p: found.p, p_exact: found.p_exact, because: null }
        }),
      )
    }),
  )
}
