import { tapsOf } from '../kernel-size.ts'
import type { Metric } from './metric.ts'
import { energyShare, withoutEnergy } from './second-moment.ts'

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
    energyShare(layer, ({ raw: { count, mean, scatter }, taps }) => {
      let spread = 0
      for (let k = 0; k < taps * taps; k++) spread += scatter[k]!
      let means = 0
      for (let k = 0; k < taps; k++) means += mean[k]!
      return (spread + count * means * means) / taps
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
