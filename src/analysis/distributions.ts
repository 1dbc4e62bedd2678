import { quantile } from '../shift/quantile.ts'
import { type MeasuredMember, scopes, valueIn } from './model-depth.ts'
import { type Distribution, groupedNames } from './report-types.ts'

/** Every metric over the models of each group, overall and by depth bucket, over all data sets and for each. */
export function distributionsOf(members: readonly MeasuredMember[], datasets: readonly (string | null)[]): Distribution[] {
  return datasets.flatMap((dataset) => {
    const sides = (['a', 'b'] as const).map(
      (group) =>
        [group, members.filter((member) => member.group === group && (dataset === null || member.dataset === dataset))] as const,
    )
    return groupedNames.flatMap((metric) =>
      scopes.flatMap(([key, bucket]) =>
        sides.map(([group, inGroup]) => {
          const values = inGroup.map((member) => valueIn(member, key, metric)).filter((value) => value !== null)
          return { metric, bucket, dataset, group, ...boxOf(values, inGroup.length) }
        }),
      ),
    )
  })
}

/** Mean and quartiles of values; `models`: how many models they are of. */
export function boxOf(values: readonly number[], models: number): Omit<Distribution, 'metric' | 'bucket' | 'dataset' | 'group'> {
  const n = values.length
  if (n === 0) {
    const because = models === 0 ? 'the group has no model' : 'no model of the group has a value'
    return { n, mean: null, min: null, q1: null, median: null, q3: null, max: null, because }
  }
  const sorted = Float64Array.from(values).sort()
  return {
    n,
    mean: values.reduce((sum, value) => sum + value, 0) / n,
    min: sorted[0]!,
    q1: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    q3: quantile(sorted, 0.75),
    max: sorted[n - 1]!,
    because: null,
  }
}
