import type { Metric } from './metric.ts'
import { onlyInOlderTables } from './older.ts'

export const zero_weights = {
  name: 'zero_weights',
  label: { long: 'zero weights', short: 'zeros' },
  meaning: 'number of weights that are exactly 0 (−0 too): what pruning by weights leaves',
  formula: '#{w : w = 0}',
  source: 'filterlens',
  type: 'int64',
  format: 'count',
  range: { low: 0, high: null, words: '0 to N' },
  chance: { words: '0', level: () => 0 },
  undefinedWhen: onlyInOlderTables,
  needs: ['zero_weights'],
  compute: (layer) => layer.zero_weights,
  overall: { rule: 'sum' },
  inOlderTables: 'unknown',
  compared: null,
} as const satisfies Metric
