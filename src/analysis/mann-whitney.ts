import type { Transcendental } from '../shift/transcendental.ts'
import { erfc } from './erfc.ts'
import { averageRanks } from './ranks.ts'

/** An unpaired test of two or more groups. */
export interface RankTest {
  readonly test: 'Mann-Whitney U' | 'Kruskal-Wallis H'
  /** Values of all groups together. */
  readonly n: number
  /** U of the second group, or H. */
  readonly statistic: number
  readonly p: number
  readonly method: 'exact' | 'normal approximation' | 'chi-squared approximation'
  /** U: rank-biserial correlation, -1 to 1, above 0 where the second group is higher; H: epsilon squared, 0 to 1. */
  readonly effect: number
}

/** Up to this many values, without ties, the distribution of U is counted out. */
const exactUpTo = 50

/**
 * The Mann-Whitney U test of two independent groups, two-sided, or the phrase why there is none. Exact for up to 50 values without
 * ties, else the normal approximation with corrections for ties and continuity (scipy.stats.mannwhitneyu). Effect: the
 * rank-biserial correlation 2U / (n₁n₂) − 1.
 */
export function mannWhitney(
  first: readonly number[],
  second: readonly number[],
  math: Transcendental,
): RankTest | { readonly because: string } {
  const [n1, n2] = [first.length, second.length]
  if (n1 === 0 || n2 === 0) return { because: 'a group has no value' }
  const n = n1 + n2
  const { ranks, ties } = averageRanks([...first, ...second])
  let sum = 0
  for (let k = n1; k < n; k++) sum += ranks[k]!
  const u = sum - (n2 * (n2 + 1)) / 2
  if (ties[0] === n) return { because: 'all values are the same' }
  const exact = n <= exactUpTo && ties.length === 0
  return {
    test: 'Mann-Whitney U',
    n,
    statistic: u,
    p: exact ? exactP(Math.max(u, n1 * n2 - u), n1, n2) : normalP(u, n1, n2, ties, math),
    method: exact ? 'exact' : 'normal approximation',
    effect: (2 * u) / (n1 * n2) - 1,
  }
}

/**
 * Twice the share of the choices of n₂ out of n ranks whose U is at least `larger`. The number of choices with each rank sum, by
 * adding rank after rank: whole numbers below 2^47.
 */
function exactP(larger: number, n1: number, n2: number): number {
  const most = n1 * n2
  // ways[k][u]: choices of k of the ranks so far whose U is u; U of a choice: the ranks that were left out below each chosen one.
  const ways = Array.from({ length: n2 + 1 }, () => new Float64Array(most + 1))
  ways[0]![0] = 1
  for (let rank = 0; rank < n1 + n2; rank++)
    for (let k = Math.min(n2, rank + 1); k >= 1; k--) {
      const below = rank - (k - 1) // of the ranks before, those not chosen
      const [from, to] = [ways[k - 1]!, ways[k]!]
      if (below > n1) continue
      for (let u = most; u >= below; u--) to[u] = to[u]! + from[u - below]!
    }
  const counts = ways[n2]!
  let all = 0
  let tail = 0
  for (let u = 0; u <= most; u++) {
    all += counts[u]!
    if (u >= larger) tail += counts[u]!
  }
  return Math.min(1, (2 * tail) / all)
}

function normalP(u: number, n1: number, n2: number, ties: readonly number[], math: Transcendental): number {
  const n = n1 + n2
  const tied = ties.reduce((sum, t) => sum + t * (t * t - 1), 0)
  const variance = ((n1 * n2) / 12) * (n + 1 - tied / (n * (n - 1)))
  const distance = Math.abs(u - (n1 * n2) / 2) - 0.5
  return distance > 0 ? erfc(distance / Math.sqrt(variance) / Math.SQRT2, math) : 1
}
