import type { Metric } from './metric.ts'
import { ofSpectrum, spectral, withoutSpectrum } from './spectral.ts'

export const operator_norm_bound = {
  ...spectral,
  name: 'operator_norm_bound',
  label: { long: 'bound of the operator norm', short: 'operator ≤' },
  meaning: 'upper bound of the factor by which the convolution, at stride 1, can make an image longer',
  formula: '√(k·k)·σ₁: k·σ₁ for k×k, which holds for each group of a grouped layer too',
  source: 'Singla and Feizi, Fantastic Four, ICLR 2021; Tsuzuku, Sato and Sugiyama, NeurIPS 2018',
  range: { low: 0, high: null, words: '0 or more' },
  undefinedWhen: withoutSpectrum,
  needs: ['spectrum', 'taps'],
  compute: (layer) => ofSpectrum(layer, ({ norm, within }) => Math.sqrt(layer.taps) * (norm + within)),
} as const satisfies Metric
