import type { Metric } from './metric.ts'
import { ofSpectrum, spectral, withoutSpectrum } from './spectral.ts'

export const spectral_norm_error = {
  ...spectral,
  name: 'spectral_norm_error',
  label: { long: 'error of the spectral norm', short: 'norm ±' },
  meaning:
    'bound of what the steps have left: a singular value lies within it of spectral_norm, which is never above σ₁ but for rounding',
  formula: '√(θ + β·|s|) − √θ, θ the largest Ritz value, s the last entry of its vector, β what the last step left',
  source: 'Parlett, The Symmetric Eigenvalue Problem, 4.5',
  range: { low: 0, high: null, words: '0 or more' },
  undefinedWhen: withoutSpectrum,
  needs: ['spectrum'],
  compute: (layer) => ofSpectrum(layer, ({ within }) => within),
} as const satisfies Metric
