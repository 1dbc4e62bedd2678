import type { Transcendental } from '../shift/transcendental.ts'
import { erfc } from './erfc.ts'
import { averageRanks } from './ranks.ts'
import type { SignedRank } from './report-types.ts'

/** Up to this many differences, without ties or zeros, the distribution is counted out. */
const exactUpTo = 50

/**
 * Wilcoxon's signed-rank test of paired differences, two-sided, or the phrase why there is none. Differences of 0 are dropped
 * before ranking (Wilcoxon's way); ties share average ranks. The p is exact for up to 50 differences without ties or zeros, else
 * from the normal approximation with corrections for ties and for continuity (scipy.stats.wilcoxon with correction=True).
 */
export function signedRank(differences: readonly number[], math: Transcendental): SignedRank | { because: string } {
  const kept = differences.filter((d) => d !== 0)
  const n = kept.length
  const zeros = differences.length - n
  if (differences.length === 0) return { because: 'no pair has both values' }
  if (n === 0) return { because: 'all differences are 0' }
  const { ranks, ties } = averageRanks(kept.map(Math.abs))
  let w_plus = 0
  for (const [k, d] of kept.entries()) if (d > 0) w_plus += ranks[k]!
  const all = (n * (n + 1)) / 2
  const w_minus = all - w_plus
  const exact = n <= exactUpTo && zeros === 0 && ties.length === 0
  const smaller = Math.min(w_plus, w_minus)
  return {
    n,
    zeros,
    w_plus,
    w_minus,
    p: exact ? exactP(smaller, n) : normalP(smaller, n, ties, math),
    p_least: exact ? exactP(0, n) : normalP(0, n, ties, math),
    method: exact ? 'exact' : 'normal approximation',
    effect: (w_plus - w_minus) / all,
  }
}

/** Twice the share of the 2^n sign patterns whose rank sum is at most `smaller`; all counts are whole numbers below 2^51. */
function exactP(smaller: number, n: number): number {
  const counts = new Float64Array((n * (n + 1)) / 2 + 1)
  counts[0] = 1
  let patterns = 1
  for (let rank = 1; rank <= n; rank++) {
    for (let sum = (rank * (rank + 1)) / 2; sum >= rank; sum--) counts[sum]! += counts[sum - rank]!
    patterns *= 2
  }
  let below = 0
  for (let sum = 0; sum <= smaller; sum++) below += counts[sum]!
  return Math.min(1, (2 * below) / patterns)
}

function normalP(smaller: number, n: number, ties: readonly number[], math: Transcendental): number {
  const mean = (n * (n + 1)) / 4
  const tied = ties.reduce((sum, t) => sum + t * (t * t - 1), 0)
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - tied / 48
  const distance = mean - smaller
  const corrected = distance > 0 ? distance - 0.5 : 0
  return erfc(corrected / Math.sqrt(variance) / Math.SQRT2, math)
}
