import type { Transcendental } from '../shift/transcendental.ts'
import { erfc } from './erfc.ts'
import { averageRanks } from './ranks.ts'

/** Two of several groups after Kruskal and Wallis's test of all. */
export interface DunnPair {
  /** Numbers of the two groups, the first below the second. */
  readonly a: number
  readonly b: number
  /** Difference of their mean ranks among all values over its standard error; above 0 where b is higher. */
  readonly z: number
  /** Two-sided, by the normal distribution. */
  readonly p: number
  /** Rank-biserial correlation of these two groups alone, −1 to 1, above 0 where b is higher. */
  readonly effect: number
}

/**
 * Dunn's test (1964) of every two groups that have values: mean ranks among the values of all groups, with the correction for ties.
 * None where all values are the same.
 */
export function dunn(groups: readonly (readonly number[])[], math: Transcendental): DunnPair[] {
  const values = groups.flat()
  const n = values.length
  const { ranks, ties } = averageRanks(values)
  if (n < 2 || ties[0] === n) return []
  const tied = ties.reduce((sum, t) => sum + t * (t * t - 1), 0)
  const variance = (n * (n + 1)) / 12 - tied / (12 * (n - 1))
  let at = 0
  const means = groups.map(({ length }) => {
    let sum = 0
    for (const end = at + length; at < end; at++) sum += ranks[at]!
    return sum / length
  })
  const pairs: DunnPair[] = []
  for (const [b, second] of groups.entries())
    for (const [a, first] of groups.slice(0, b).entries()) {
      if (first.length === 0 || second.length === 0) continue
      const z = (means[b]! - means[a]!) / Math.sqrt(variance * (1 / first.length + 1 / second.length))
      pairs.push({ a, b, z, p: erfc(Math.abs(z) / Math.SQRT2, math), effect: rankBiserial(first, second) })
    }
  return pairs
}

/** How much more often a value of the second is above one of the first than below. */
function rankBiserial(first: readonly number[], second: readonly number[]): number {
  const { ranks } = averageRanks([...first, ...second])
  let sum = 0
  for (let k = first.length; k < ranks.length; k++) sum += ranks[k]!
  const u = sum - (second.length * (second.length + 1)) / 2
  return (2 * u) / (first.length * second.length) - 1
}
