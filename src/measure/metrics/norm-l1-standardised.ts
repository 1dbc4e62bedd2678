import type { Metric } from './metric.ts'
import { valueVariance } from './value-moments.ts'

export const norm_l1_standardised = {
  name: 'norm_l1_standardised',
  label: { long: 'L1 norm of standardised weights', short: 'L1, standardised' },
  meaning: 'L1 norm after the mean of all weights is subtracted and they are divided by their standard deviation',
  formula: 'Σ |w − mean| / s, s² the variance of all N weights (divisor N − 1)',
  source: 'torchconvquality, `norm_l1_norm`',
  type: 'float64',
  format: 'number',
  range: { low: 0, high: null, words: 'above 0, at most √(N(N − 1))' },
  chance: null,
  undefinedWhen: 'n = 0, or all weights are equal',
  needs: ['raw', 'taps', 'filters', 'deviation'],
  compute(layer) {
    const variance = valueVariance(layer)
    return typeof variance === 'number' ? layer.deviation / Math.sqrt(variance) : variance
  },
  overall: null,
  compared: null,
} as const satisfies Metric
