import type { Moments } from '../../wasm/moments.ts'
import type { MetricMath, Outcome } from './metric.ts'

/** log10 9: nine directions that are used alike. */
export const FULL_ENTROPY = 0.9542425094393249

/** log10 121: that of the largest kernel that is measured. */
const MOST_ENTROPY = 2.0827853703164503

/** The range that every variance entropy has. */
export const entropyRange = {
  low: 0,
  high: FULL_ENTROPY,
  highOf: (): number => MOST_ENTROPY,
  words: '0 to log10 k² (0.9542 for 3×3)',
} as const

/** How random filters fill their directions, by their number. */
export const randomEntropyWords = "T(n), the level of as many random filters ('Level of random filters' below)"

/** Variance entropy of a set of filters, `what` in messages: "non-sparse filters". */
export function entropyOf(moments: Moments, math: MetricMath, what: string): Outcome {
  if (moments.count < 2) return { because: moments.count === 0 ? `no ${what}` : `only one ${what.slice(0, -1)}` }
  return math.varianceEntropy(moments) ?? { because: `its ${what} are all equal` }
}

/** An entropy over that of as many random filters. */
export function overRandom(entropy: Outcome, filters: number, math: MetricMath): Outcome {
  return typeof entropy === 'number' ? entropy / math.randomEntropy(filters) : entropy
}
