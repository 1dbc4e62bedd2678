import { type Coefficients, mergeHistograms } from './coefficients.ts'
import type { MemberHistograms } from './member-histograms.ts'
import type { Member } from './members.ts'
import type { ShiftMatrix } from './report-types.ts'
import { densities, distributionShift } from './shift.ts'
import type { Transcendental } from './transcendental.ts'

/**
 * The shift between every two values of a column, each model once. `labelOf` gives a model's value, null to leave it out;
 * values stand in the order of their first appearance. A cell is null where one of the two has no non-sparse filter.
 */
export function shiftMatrix(
  column: string,
  labelOf: (member: Member) => string | null,
  models: readonly MemberHistograms[],
  coefficients: Coefficients,
  math: Transcendental,
): ShiftMatrix {
  const groups = new Map<string, MemberHistograms[]>()
  for (const model of models) {
    const value = labelOf(model.member)
    if (value !== null) groups.set(value, [...(groups.get(value) ?? []), model])
  }
  const components = coefficients.basis.mean.length
  const merged = [...groups.values()].map((group) =>
    mergeHistograms(
      group.map(({ all }) => all),
      components,
    ),
  )
  const made = merged.map((histograms) => densities(histograms, coefficients.range, math))
  return {
    column,
    values: [...groups.keys()],
    models: [...groups.values()].map((group) => group.length),
    filters: merged.map(({ filters }) => filters),
    shift: made.map((a) =>
      made.map((b) => (a && b ? distributionShift(a, b, coefficients.basis.explainedVarianceRatio).shift : null)),
    ),
  }
}
