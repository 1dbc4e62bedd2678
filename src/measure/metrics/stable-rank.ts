import type { Metric } from './metric.ts'
import { spectral, stableRank, withoutSpectrum } from './spectral.ts'

export const stable_rank = {
  ...spectral,
  name: 'stable_rank',
  label: { long: 'stable rank', short: 'stable rank' },
  meaning: 'how many directions of output channels carry the energy: 1 means that all are one direction',
  formula: '‖W‖²_F / σ₁²',
  source: 'Rudelson and Vershynin, Sampling from large matrices, 2007',
  range: { low: 1, high: null, words: '1 to the rank' },
  undefinedWhen: `${withoutSpectrum}, or all weights are zero`,
  needs: ['spectrum', 'raw', 'taps'],
  compute: (layer) => stableRank(layer),
} as const satisfies Metric
