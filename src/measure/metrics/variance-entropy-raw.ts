import { entropyOf, entropyRange, randomEntropyWords } from './entropy.ts'
import type { Metric } from './metric.ts'

export const variance_entropy_raw = {
  name: 'variance_entropy_raw',
  label: { long: 'variance entropy of all filters', short: 'entropy, raw' },
  meaning: 'variance entropy of all filters as they are, so that filters of large weights count most',
  formula: 'as variance_entropy, of all n filters, not divided',
  source: 'torchconvquality, `variance_entropy` (0 there where it is undefined here)',
  type: 'float64',
  format: 'number',
  range: entropyRange,
  chance: { words: randomEntropyWords },
  undefinedWhen: 'n < 2, or the filters are all equal',
  needs: ['raw'],
  compute: (layer, math) => entropyOf(layer.raw, math, 'filters'),
  overall: null,
  compared: null,
} as const satisfies Metric
