import type { GroupReport } from './report-types.ts'

/** Of these models, those that are compared: the members of both groups, all where there are no groups. */
export function inGroups<Row extends { readonly model: string }>(
  models: readonly Row[],
  groups: Pick<GroupReport, 'models'> | undefined,
): readonly Row[] {
  if (!groups) return models
  const compared = new Set(groups.models.flatMap(({ model, group }) => (group === null ? [] : model)))
  return models.filter(({ model }) => compared.has(model))
}
