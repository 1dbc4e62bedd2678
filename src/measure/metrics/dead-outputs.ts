import type { Metric } from './metric.ts'
import { onlyInOlderTables } from './older.ts'

export const dead_outputs = {
  name: 'dead_outputs',
  label: { long: 'dead output channels', short: 'dead outputs' },
  meaning: 'number of output channels all of whose filters are sparse: they could be cut out',
  formula: "#{o : all filters (o, i) are sparse}, by the layer's threshold",
  source: 'filterlens; structured pruning',
  type: 'int32',
  format: 'count',
  range: { low: 0, high: null, words: '0 to O' },
  chance: { words: '0', level: () => 0 },
  undefinedWhen: onlyInOlderTables,
  needs: ['dead_outputs'],
  compute: (layer) => layer.dead_outputs,
  overall: { rule: 'sum' },
  inOlderTables: 'unknown',
  compared: null,
} as const satisfies Metric
