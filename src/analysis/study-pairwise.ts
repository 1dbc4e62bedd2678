import type { Transcendental } from '../shift/transcendental.ts'
import { dunn } from './dunn.ts'
import { holm } from './holm.ts'
import { type MeasuredMember, valueIn } from './model-depth.ts'
import { groupedNames } from './report-names.ts'
import type { StudyPair } from './study-types.ts'

/** Values of a column beyond which they are not compared two by two. */
export const MOST_PAIRWISE = 40

/** Every two of three or more values, by each metric over all layers (Dunn 1964); p corrected by Holm over the pairs of a metric. */
export function pairwiseOf(
  column: string,
  stratum: string | null,
  values: readonly string[],
  sides: readonly (readonly MeasuredMember[])[],
  math: Transcendental,
): StudyPair[] {
  if (values.length > MOST_PAIRWISE) return []
  return groupedNames.flatMap((metric) => {
    const groups = sides.map((models) => models.map((one) => valueIn(one, 'all', metric)).filter((value) => value !== null))
    if (groups.filter(({ length }) => length > 0).length < 3) return []
    const pairs = dunn(groups, math)
    const corrected = holm(pairs.map(({ p }) => p))
    return pairs.map(
      ({ a, b, z, p, effect }, k): StudyPair => ({
        ...{ column, metric, stratum, a: values[a]!, b: values[b]! },
        ...{ n_a: groups[a]!.length, n_b: groups[b]!.length },
        ...{ z, p, p_holm: corrected[k]!, family: pairs.length, effect },
      }),
    )
  })
}
