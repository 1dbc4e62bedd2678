import { entropyOf, overRandom } from './entropy.ts'
import type { Metric } from './metric.ts'

export const variance_entropy_raw_norm = {
  name: 'variance_entropy_raw_norm',
  label: { long: 'variance entropy of all filters over random', short: 'entropy, raw / random' },
  meaning: 'variance_entropy_raw over the level of as many random filters',
  formula: 'variance_entropy_raw / T(n)',
  source: 'torchconvquality, `variance_entropy_norm`',
  type: 'float64',
  format: 'number',
  range: { low: 0, high: null, words: '0 or more' },
  chance: { words: '1', level: () => 1 },
  undefinedWhen: 'variance_entropy_raw is',
  needs: ['raw'],
  compute: (layer, math) => overRandom(entropyOf(layer.raw, math, 'filters'), layer.raw.count, math),
  overall: null,
  compared: null,
} as const satisfies Metric
