import type { Transcendental } from '../shift/transcendental.ts'
import { chiSquaredTail } from './chi-squared.ts'
import type { RankTest } from './mann-whitney.ts'
import { averageRanks } from './ranks.ts'

/**
 * The Kruskal-Wallis H test of three or more independent groups, or the phrase why there is none. H is corrected for ties, p by
 * the chi-squared approximation (scipy.stats.kruskal). Effect: epsilon squared, H / (n − 1). Groups without values are left out.
 */
export function kruskalWallis(
  groups: readonly (readonly number[])[],
  math: Transcendental,
): RankTest | { readonly because: string } {
  const filled = groups.filter(({ length }) => length > 0)
  if (filled.length < 2) return { because: 'fewer than two groups have a value' }
  const values = filled.flat()
  const n = values.length
  const { ranks, ties } = averageRanks(values)
  if (ties[0] === n) return { because: 'all values are the same' }
  if (n <= filled.length) return { because: 'no group has a second value' }
  let at = 0
  let total = 0
  for (const { length } of filled) {
    let sum = 0
    for (const end = at + length; at < end; at++) sum += ranks[at]!
    total += (sum * sum) / length
  }
  const tied = ties.reduce((sum, t) => sum + t * (t * t - 1), 0)
  const h = ((12 / (n * (n + 1))) * total - 3 * (n + 1)) / (1 - tied / (n * (n * n - 1)))
  const statistic = Math.max(0, h)
  return {
    test: 'Kruskal-Wallis H',
    n,
    statistic,
    p: chiSquaredTail(statistic, filled.length - 1, math),
    method: 'chi-squared approximation',
    effect: statistic / (n - 1),
  }
}
