import type { Metric } from './metric.ts'

export const sparsity = {
  name: 'sparsity',
  label: { long: 'sparsity', short: 'sparse' },
  meaning: 'share of filters that are close to zero; high means wasted width',
  formula: 'sparse_filters / n',
  source: 'sparsity.ipynb',
  type: 'float64',
  format: 'share',
  range: { low: 0, high: 1, words: '0 to 1' },
  chance: null,
  undefinedWhen: 'n = 0',
  needs: ['sparse_filters', 'filters'],
  compute: (layer) => (layer.filters === 0 ? { because: 'the layer has no filters' } : layer.sparse_filters / layer.filters),
  overall: {
    rule: 'ratio',
    words: 'sum of sparse filters over sum of filters',
    part: (layer) => layer.sparse_filters,
    whole: (layer) => layer.filters,
  },
  compared: {
    family: 'use',
    axis: 'sparse filters (%)',
    more: 'have a larger share of sparse filters',
    less: 'have a smaller share of sparse filters',
    better: 'lower',
  },
} as const satisfies Metric
