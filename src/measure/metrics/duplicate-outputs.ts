import { ofPairs } from './few-outputs.ts'
import type { Metric } from './metric.ts'

export const duplicate_outputs = {
  name: 'duplicate_outputs',
  label: { long: 'duplicate output channels', short: 'duplicates' },
  meaning: 'number of output channels that are another one times a factor, or nearly so',
  formula: '#{a : max over b ≠ a of |r_a·r_b| ≥ 0.99}, r as for orthogonality',
  source: 'filterlens',
  type: 'int32',
  format: 'count',
  range: { low: 0, high: null, words: '0 to O' },
  chance: { words: '0', level: () => 0 },
  undefinedWhen: 'O < 2',
  needs: ['out_channels', 'duplicates'],
  compute: (layer) => ofPairs(layer, () => layer.duplicates),
  overall: { rule: 'sum' },
  inOlderTables: 'unknown',
  compared: null,
} as const satisfies Metric
