import { sidesOf, tapsOf } from '../kernel-size.ts'
import type { Metric } from './metric.ts'
import { energyShare, secondMoment, withoutEnergy } from './second-moment.ts'

export const centre_share = {
  name: 'centre_share',
  label: { long: 'centre share', short: 'centre share' },
  meaning: "share of the filters' energy (Σ w²) at the centre tap; high means that they pass their input on, as thresholds do",
  formula: 'M at the centre tap / tr M, M = Σ f·fᵀ over all filters',
  source: "filterlens; the paper's finding that robust first layers hold filters which threshold their input",
  type: 'float64',
  format: 'number',
  range: { low: 0, high: 1, words: '0 to 1' },
  chance: { words: '1 / k²', level: ({ kernel }) => (hasCentre(...sidesOf(kernel)) ? 1 / tapsOf(kernel) : null) },
  undefinedWhen: `${withoutEnergy}, or a side is even`,
  needs: ['raw', 'taps', 'filters', 'height', 'width'],
  compute(layer) {
    const { height, width, taps } = layer
    if (!hasCentre(height, width)) return { because: `filters of ${height}×${width} have no centre tap` }
    return energyShare(layer, () => secondMoment(layer, (taps - 1) / 2, (taps - 1) / 2))
  },
  overall: { rule: 'mean', words: 'mean weighted by filters', weight: (layer) => layer.filters },
  inOlderTables: 'computed',
  compared: {
    family: 'shape',
    axis: 'centre share (0 to 1)',
    more: 'have more of their energy at the centre tap',
    less: 'have less of their energy at the centre tap',
  },
} as const satisfies Metric

function hasCentre(height: number, width: number): boolean {
  return height % 2 === 1 && width % 2 === 1
}
