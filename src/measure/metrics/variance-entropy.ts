import { entropyOf, entropyRange, randomEntropyWords } from './entropy.ts'
import type { Metric } from './metric.ts'
import { variance_entropy_clean } from './variance-entropy-clean.ts'
import { variance_entropy_clean_norm } from './variance-entropy-clean-norm.ts'

export const variance_entropy = {
  name: 'variance_entropy',
  label: { long: 'variance entropy', short: 'entropy' },
  meaning: 'how evenly the filters use their directions; low means few distinct patterns',
  formula:
    'H = −Σ q·log10 q, q the eigenvalues over their sum of the covariance of the non-sparse filters, each divided by its own largest magnitude; in the profiles cvpr22 and torchconvquality that of variance_entropy_raw',
  source: 'pca.ipynb, `entropy_cond`; CNN-Filter-DB',
  type: 'float64',
  format: 'number',
  range: entropyRange,
  chance: {
    words: randomEntropyWords,
    level(_layer, value) {
      const [entropy, share] = [value(variance_entropy_clean), value(variance_entropy_clean_norm)]
      return entropy !== null && share !== null && share > 0 ? entropy / share : null
    },
  },
  undefinedWhen: "n' < 2, or the filters are all equal",
  needs: ['scaled', 'raw'],
  compute: (layer, math, profile) =>
    profile === 'cvprw22' ? entropyOf(layer.scaled, math, 'non-sparse filters') : entropyOf(layer.raw, math, 'filters'),
  overall: {
    rule: 'mean',
    words: 'mean weighted by non-sparse filters',
    weight: (layer) => layer.filters - layer.sparse_filters,
  },
  compared: {
    family: 'use',
    axis: 'variance entropy (0 to 0.954)',
    more: 'have more variance entropy',
    less: 'have less variance entropy',
    better: 'higher',
  },
} as const satisfies Metric
