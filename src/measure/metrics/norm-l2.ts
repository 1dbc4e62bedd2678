import type { Metric } from './metric.ts'
import { sumOfSquares } from './value-moments.ts'

export const norm_l2 = {
  name: 'norm_l2',
  label: { long: 'L2 norm', short: 'L2' },
  meaning: 'length of the whole weight as one vector',
  formula: '√(Σ w²)',
  source: 'torchconvquality',
  type: 'float64',
  format: 'number',
  range: { low: 0, high: null, words: '0 or more' },
  chance: null,
  undefinedWhen: null,
  needs: ['raw', 'taps'],
  compute: (layer) => Math.sqrt(sumOfSquares(layer)),
  overall: null,
  compared: null,
} as const satisfies Metric
