import type { Metric } from './metric.ts'

export const sparse_filters = {
  name: 'sparse_filters',
  label: { long: 'sparse filters', short: 'sparse filters' },
  meaning: "number of filters whose largest magnitude is at most the threshold's share (default 1 %) of the peak",
  formula: '#{f : max |f| ≤ peak · threshold}, all of them where the peak is 0; `<` in the profiles cvpr22 and torchconvquality',
  source: 'sparsity.ipynb',
  type: 'int32',
  format: 'count',
  range: { low: 0, high: null, words: '0 to n' },
  chance: null,
  undefinedWhen: null,
  needs: ['sparse_filters'],
  compute: (layer) => layer.sparse_filters,
  overall: { rule: 'sum' },
  compared: null,
} as const satisfies Metric
