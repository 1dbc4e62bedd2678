import { printOf, sameFiltersText } from '../measure/same-filters.ts'
import type { Member } from './members.ts'

/** The sentence of `sameFiltersText` about the members of groups, of measured rows alone. */
export function sameFilters(members: readonly Member[]): string[] {
  const byFilters = new Map<string, string[]>()
  for (const { row, layers } of members) {
    if (layers.length === 0) continue
    const key = layers.map(printOf).join('')
    byFilters.set(key, [...(byFilters.get(key) ?? []), row.model])
  }
  return sameFiltersText([...byFilters.values()])
}
