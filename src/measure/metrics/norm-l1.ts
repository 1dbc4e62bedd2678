import type { Metric } from './metric.ts'

export const norm_l1 = {
  name: 'norm_l1',
  label: { long: 'L1 norm', short: 'L1' },
  meaning: 'sum of the magnitudes of all weights',
  formula: 'Σ |w|',
  source: 'torchconvquality',
  type: 'float64',
  format: 'number',
  range: { low: 0, high: null, words: '0 or more' },
  chance: null,
  undefinedWhen: null,
  needs: ['norm_l1'],
  compute: (layer) => layer.norm_l1,
  overall: null,
  compared: null,
} as const satisfies Metric
