import { entropyOf, entropyRange, randomEntropyWords } from './entropy.ts'
import type { Metric } from './metric.ts'

export const variance_entropy_clean = {
  name: 'variance_entropy_clean',
  label: { long: 'variance entropy of non-sparse filters', short: 'entropy, clean' },
  meaning: 'variance entropy of the non-sparse filters as they are',
  formula: "as variance_entropy_raw, of the n' non-sparse filters",
  source: 'torchconvquality, `variance_entropy_clean`',
  type: 'float64',
  format: 'number',
  range: entropyRange,
  chance: { words: randomEntropyWords },
  undefinedWhen: "n' < 2, or the filters are all equal",
  needs: ['clean'],
  compute: (layer, math) => entropyOf(layer.clean, math, 'non-sparse filters'),
  overall: null,
  compared: null,
} as const satisfies Metric
