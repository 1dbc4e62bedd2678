import { tapsOf } from '../kernel-size.ts'
import type { Metric } from './metric.ts'
import { energyShare, secondMoment, withoutEnergy } from './second-moment.ts'

export const symmetry = {
  name: 'symmetry',
  label: { long: 'point symmetry', short: 'symmetry' },
  meaning:
    "share of the filters' energy (Σ w²) that stays when each is averaged with itself turned by 180°; 1 is point-symmetric",
  formula: 'Σ |(f(x) + f(−x))/2|² / tr M, M = Σ f·fᵀ over all filters',
  source: 'filterlens; even part of a function',
  type: 'float64',
  format: 'number',
  range: { low: 0, high: 1, words: '0 to 1' },
  chance: {
    words: '5/9 for 3×3; ½ + 1/(2k²) where there is a centre tap, else ½',
    level({ kernel }) {
      const taps = tapsOf(kernel)
      return (taps + (taps % 2)) / (2 * taps)
    },
  },
  undefinedWhen: withoutEnergy,
  needs: ['raw', 'taps', 'filters'],
  compute: (layer) =>
    energyShare(layer, ({ taps }) => {
      let sum = 0
      for (let i = 0; i < taps; i++) sum += secondMoment(layer, i, i) + secondMoment(layer, i, taps - 1 - i)
      return sum / 2
    }),
  overall: { rule: 'mean', words: 'mean weighted by filters', weight: (layer) => layer.filters },
  inOlderTables: 'computed',
  compared: {
    family: 'shape',
    axis: 'point symmetry (0 to 1)',
    more: 'are more point-symmetric',
    less: 'are less point-symmetric',
  },
} as const satisfies Metric
