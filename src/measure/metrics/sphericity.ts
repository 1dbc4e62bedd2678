import { tapsOf } from '../kernel-size.ts'
import type { Metric } from './metric.ts'

export const sphericity = {
  name: 'sphericity',
  label: { long: 'sphericity of the filters', short: 'sphericity' },
  meaning:
    "how far the covariance of the filters is from a sphere (John's U); 0 for weights that vary alike and independently, as at initialisation",
  formula: '(1/p)·tr[(S/(tr S/p) − Id)²], S the covariance of all n filters as they are, p = k²',
  source: 'John 1971; Ledoit and Wolf 2002',
  type: 'float64',
  format: 'number',
  range: { low: 0, high: 8, highOf: (taps) => taps - 1, words: '0 to k² − 1 (8 for 3×3)' },
  chance: {
    words: 'about (p + 1 − 2/p) / n: n·p·U/2 is χ² with p(p+1)/2 − 1 degrees of freedom',
    level: ({ kernel, filters }) => {
      const p = tapsOf(kernel)
      return filters > p ? (p + 1 - 2 / p) / filters : null
    },
  },
  undefinedWhen: 'n ≤ k², or the filters are all equal',
  needs: ['raw', 'taps', 'filters'],
  compute: ({ raw: { scatter }, taps, filters }) => {
    if (filters <= taps) return { because: `${filters} filters for ${taps} taps` }
    let trace = 0
    for (let k = 0; k < taps; k++) trace += scatter[k * (taps + 1)]!
    if (!(trace > 0)) return { because: 'all its filters are equal' }
    let squares = 0
    for (let k = 0; k < taps * taps; k++) squares += scatter[k]! * scatter[k]!
    // (1/p)·tr[(pS/tr S − Id)²] = p·tr S² / (tr S)² − 1
    return Math.max(0, (taps * squares) / (trace * trace) - 1)
  },
  overall: { rule: 'mean', words: 'mean weighted by filters', weight: (layer) => layer.filters },
  inOlderTables: 'computed',
  compared: null,
} as const satisfies Metric
