import { entropyOf, overRandom } from './entropy.ts'
import type { Metric } from './metric.ts'

export const variance_entropy_clean_norm = {
  name: 'variance_entropy_clean_norm',
  label: { long: 'variance entropy of non-sparse filters over random', short: 'entropy, clean / random' },
  meaning: 'variance_entropy_clean over the level of as many random filters',
  formula: "variance_entropy_clean / T(n')",
  source: 'torchconvquality, `variance_entropy_clean_norm`',
  type: 'float64',
  format: 'number',
  range: { low: 0, high: null, words: '0 or more' },
  chance: { words: '1', level: () => 1 },
  undefinedWhen: 'variance_entropy_clean is',
  needs: ['clean'],
  compute: (layer, math) => overRandom(entropyOf(layer.clean, math, 'non-sparse filters'), layer.clean.count, math),
  overall: null,
  compared: null,
} as const satisfies Metric
