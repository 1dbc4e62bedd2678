import { computed } from '@preact/signals'
import type { Loaded } from './models.ts'
import { route } from './route.ts'

// Models that were ticked in the overview are groups as a column of the meta table is: `one` and `two` of the address hold
// their names. Without `two`, the second group is every other model.

/** The name of the column that ticking makes. */
export const TICKED = 'ticked models'
/** Its values. */
export const FIRST_TICKED = 'first group'
const SECOND_TICKED = 'second group'
const OTHERS = 'all others'

/** Names in a part of the address, one a line. */
export function namesOf(text: string | undefined): string[] {
  return (text ?? '').split('\n').filter((name) => name !== '')
}

const [one, two] = [computed(() => route.value.q['one'] ?? ''), computed(() => route.value.q['two'] ?? '')]
const first = computed(() => new Set(namesOf(one.value)))
const second = computed(() => new Set(namesOf(two.value)))

/** True when models were ticked as groups. */
export const hasTicked = computed(() => first.value.size > 0)

/** Which group a model was ticked into; null where it is in none. */
export function tickedGroup({ name }: Pick<Loaded, 'name'>): string | null {
  if (first.value.size === 0) return null
  if (first.value.has(name)) return FIRST_TICKED
  if (second.value.size === 0) return OTHERS
  return second.value.has(name) ? SECOND_TICKED : null
}
