import type { Metric } from './metric.ts'

export const peak = {
  name: 'peak',
  label: { long: 'peak', short: 'peak' },
  meaning: 'largest magnitude of any weight of the layer; what its filters are sparse against',
  formula: 'max |w|',
  source: 'sparsity.ipynb, `layer_norm`',
  type: 'float64',
  format: 'number',
  range: { low: 0, high: null, words: '0 or more' },
  chance: null,
  undefinedWhen: null,
  needs: ['peak'],
  compute: (layer) => layer.peak,
  overall: null,
  compared: null,
} as const satisfies Metric
