import type { Metric } from './metric.ts'
import { ofSpectrum } from './spectral.ts'

export const spectral_norm = {
  name: 'spectral_norm',
  label: { long: 'spectral norm', short: 'spectral norm' },
  meaning: 'largest singular value of the weight as a matrix of output channels: how much it can lengthen what a window holds',
  formula: "σ₁ of the O × I·k² matrix, by at most 96 steps of Lanczos' method from a fixed start",
  source: 'Golub and Van Loan, Matrix Computations, 10.1',
  type: 'float64',
  format: 'number',
  range: { low: 0, high: null, words: '0 or more' },
  chance: null,
  undefinedWhen: 'not asked for (`--metrics spectrum`)',
  needs: ['spectrum'],
  compute: (layer) => ofSpectrum(layer, ({ norm }) => norm),
  overall: null,
  inOlderTables: 'unknown',
  group: 'spectrum',
  compared: null,
} as const satisfies Metric
