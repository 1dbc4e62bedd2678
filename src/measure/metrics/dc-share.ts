import type { Metric } from './metric.ts'
import { energyShare, secondMoment, tapsOf, withoutEnergy } from './second-moment.ts'

export const dc_share = {
  name: 'dc_share',
  label: { long: 'DC share', short: 'DC share' },
  meaning: "share of the filters' energy (Σ w²) that their own means hold; high means that they blur",
  formula: '1ᵀM1 / (k²·tr M), M = Σ f·fᵀ over all filters',
  source: 'filterlens; the coefficient (0, 0) of the discrete cosine transform',
  type: 'float64',
  format: 'number',
  range: { low: 0, high: 1, words: '0 to 1' },
  chance: { words: '1 / k²', level: ({ kernel }) => 1 / tapsOf(kernel) },
  undefinedWhen: withoutEnergy,
  needs: ['raw', 'taps', 'filters'],
  compute: (layer) =>
    energyShare(layer, ({ taps }) => {
      let sum = 0
      for (let i = 0; i < taps; i++) for (let j = 0; j < taps; j++) sum += secondMoment(layer, i, j)
      return sum / taps
    }),
  overall: { rule: 'mean', words: 'mean weighted by filters', weight: (layer) => layer.filters },
  inOlderTables: 'computed',
  compared: {
    family: 'shape',
    axis: 'DC share (0 to 1)',
    more: 'have more of their energy in the mean of each filter',
    less: 'have less of their energy in the mean of each filter',
  },
} as const satisfies Metric
