import type { Metric } from './metric.ts'
import { valueVariance } from './value-moments.ts'

export const norm_l2_standardised = {
  name: 'norm_l2_standardised',
  label: { long: 'L2 norm of standardised weights', short: 'L2, standardised' },
  meaning: 'L2 norm of the standardised weights; it says how many weights there are, and nothing else',
  formula: '√(N − 1), which √(Σ ((w − mean) / s)²) is whatever the N weights are',
  source: 'torchconvquality, `norm_l2_norm`',
  type: 'float64',
  format: 'number',
  range: { low: 1, high: null, words: '√(N − 1)' },
  chance: null,
  undefinedWhen: 'n = 0, or all weights are equal',
  needs: ['raw', 'taps', 'filters'],
  compute(layer) {
    const variance = valueVariance(layer)
    return typeof variance === 'number' ? Math.sqrt(layer.filters * layer.taps - 1) : variance
  },
  overall: null,
  compared: null,
} as const satisfies Metric
