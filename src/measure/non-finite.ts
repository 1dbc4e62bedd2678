import type { Skipped } from '../sources/source.ts'

/** A weight that is NaN or infinite. */
const START = 'the weight at index '

/** Why a layer with a weight that is not finite is left out; `value` as it is told. */
export function nonFiniteReason(index: number, value: number | string): string {
  return `${START}${index} is ${value}`
}

/** True for a layer that was left out for such a weight. */
export function isNonFiniteLayer({ reason }: Pick<Skipped, 'reason'>): boolean {
  return reason.startsWith(START)
}
