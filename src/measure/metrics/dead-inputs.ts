import type { Metric } from './metric.ts'
import { onlyInOlderTables } from './older.ts'

export const dead_inputs = {
  name: 'dead_inputs',
  label: { long: 'dead input channels', short: 'dead inputs' },
  meaning: 'number of input channels (of all groups) all of whose filters are sparse: the layer does not look at them',
  formula: "#{(g, i) : all filters (o, i) of group g are sparse}, by the layer's threshold",
  source: 'filterlens; structured pruning',
  type: 'int32',
  format: 'count',
  range: { low: 0, high: null, words: '0 to I · groups' },
  chance: { words: '0', level: () => 0 },
  undefinedWhen: onlyInOlderTables,
  needs: ['dead_inputs'],
  compute: (layer) => layer.dead_inputs,
  overall: { rule: 'sum' },
  inOlderTables: 'unknown',
  compared: null,
} as const satisfies Metric
