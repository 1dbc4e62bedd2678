import type { Metric } from './metric.ts'
import { stableRank } from './spectral.ts'

export const stable_rank = {
  name: 'stable_rank',
  label: { long: 'stable rank', short: 'stable rank' },
  meaning: 'how many directions of output channels carry the energy: 1 means that all are one direction',
  formula: '‖W‖²_F / σ₁²',
  source: 'Rudelson and Vershynin, Sampling from large matrices, 2007',
  type: 'float64',
  format: 'number',
  range: { low: 1, high: null, words: '1 to the rank' },
  chance: null,
  undefinedWhen: 'not asked for (`--metrics spectrum`), or all weights are zero',
  needs: ['spectrum', 'raw', 'taps'],
  compute: (layer) => stableRank(layer),
  overall: null,
  inOlderTables: 'unknown',
  group: 'spectrum',
  compared: null,
} as const satisfies Metric
