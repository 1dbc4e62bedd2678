import { ofPairs } from './few-outputs.ts'
import type { Metric } from './metric.ts'

export const nearest_cosine = {
  name: 'nearest_cosine',
  label: { long: 'cosine of the nearest output channel', short: 'nearest' },
  meaning: 'how much each output channel is like the one that is most like it, on average; 1 means that every channel has a copy',
  formula: 'mean over a of max over b ≠ a of |r_a·r_b|, r as for orthogonality; to 1e-7, of very large layers 1e-5',
  source: 'filterlens',
  type: 'float64',
  format: 'number',
  range: { low: 0, high: 1, words: '0 to 1' },
  chance: null,
  undefinedWhen: 'O < 2',
  needs: ['out_channels', 'nearest'],
  compute: (layer) => ofPairs(layer, () => layer.nearest),
  overall: { rule: 'mean', words: 'mean weighted by output channels', weight: (layer) => layer.out_channels },
  inOlderTables: 'unknown',
  compared: null,
} as const satisfies Metric
