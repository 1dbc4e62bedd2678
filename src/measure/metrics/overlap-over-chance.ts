import { ofPairs } from './few-outputs.ts'
import type { Metric } from './metric.ts'
import { randomCosine } from './random-cosine.ts'

export const overlap_over_chance = {
  name: 'overlap_over_chance',
  label: { long: 'overlap of output channels over chance', short: 'overlap / chance' },
  meaning:
    'how much the output channels overlap, over what as many random ones would; 1 is random, whatever the size of the layer',
  formula: '(1 − orthogonality) / E, E = Γ(d/2) / (√π·Γ((d+1)/2)) the mean |cosine| of random directions, d = I·k²',
  source: 'filterlens; mean of the distribution of cosines of independent directions',
  type: 'float64',
  format: 'number',
  range: { low: 0, high: null, words: '0 or more' },
  chance: { words: '1', level: () => 1 },
  undefinedWhen: 'O < 2',
  needs: ['out_channels', 'filters', 'taps', 'gram'],
  compute: (layer) =>
    ofPairs(layer, () => {
      const { out_channels, filters, taps, gram } = layer
      return gram === undefined
        ? undefined
        : gram / (out_channels * (out_channels - 1)) / randomCosine((filters / out_channels) * taps)
    }),
  overall: { rule: 'mean', words: 'mean weighted by output channels', weight: (layer) => layer.out_channels },
  inOlderTables: 'unknown',
  compared: null,
} as const satisfies Metric
