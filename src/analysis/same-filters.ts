import type { Member } from './members.ts'

/**
 * A sentence about models whose filters have, layer by layer, the very same statistics: one network under several names counts
 * several times in every figure. None when all models differ.
 */
export function sameFilters(members: readonly Member[]): string[] {
  const byFilters = new Map<string, string[]>()
  for (const { row, layers } of members) {
    if (layers.length === 0) continue
    const key = layers.map(({ filters, peak, norm_l1, raw }) => `${filters} ${peak} ${norm_l1} ${raw.mean.join(' ')}`).join('\n')
    byFilters.set(key, [...(byFilters.get(key) ?? []), row.model])
  }
  const sets = [...byFilters.values()].filter((models) => models.length > 1)
  if (sets.length === 0) return []
  const shown = sets.slice(0, 3).map((models) => models.join(' = '))
  const more = sets.length > 3 ? `; and ${sets.length - 3} more` : ''
  return [`the same filters under several names, each counted as a model: ${shown.join('; ')}${more}`]
}
