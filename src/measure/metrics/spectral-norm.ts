import type { Metric } from './metric.ts'
import { ofSpectrum, spectral, withoutSpectrum } from './spectral.ts'

export const spectral_norm = {
  ...spectral,
  name: 'spectral_norm',
  label: { long: 'spectral norm', short: 'spectral norm' },
  meaning: 'largest singular value of the weight as a matrix of output channels: how much it can lengthen what a window holds',
  formula: "σ₁ of the O × I·k² matrix, by at most 96 steps of Lanczos' method from a fixed start",
  source: 'Golub and Van Loan, Matrix Computations, 10.1',
  range: { low: 0, high: null, words: '0 or more' },
  undefinedWhen: withoutSpectrum,
  needs: ['spectrum'],
  compute: (layer) => ofSpectrum(layer, ({ norm }) => norm),
} as const satisfies Metric
