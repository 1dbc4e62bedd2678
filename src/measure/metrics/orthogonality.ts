import { tapsOf } from '../kernel-size.ts'
import { type Metric, notAskedFor } from './metric.ts'

export const orthogonality = {
  name: 'orthogonality',
  label: { long: 'orthogonality', short: 'orthogonality', shortest: 'orthog.' },
  meaning: 'how different the output channels are; low means near copies',
  formula: '1 − Σ_ab |r_a·r_b − [a=b]| / (O(O−1)), r_o the weights of output channel o over their L2 norm (0 stays 0)',
  source: 'orthogonality.ipynb, `ortho_cond`',
  type: 'float64',
  format: 'number',
  range: { low: 0, high: 1, words: '0 to 1' },
  chance: {
    words:
      '1 − √(2/(πd))·(1 + 1/(4d)), d = I·k²: 1 less the mean |cosine| of two Gaussian vectors, to the second term of its series',
    level({ kernel, in_channels, out_channels }) {
      if (out_channels < 2) return null
      const length = in_channels * tapsOf(kernel)
      return length < 2 ? null : 1 - Math.sqrt(2 / (Math.PI * length)) * (1 + 1 / (4 * length))
    },
  },
  undefinedWhen: 'O < 2',
  needs: ['out_channels', 'gram'],
  compute({ out_channels, gram }) {
    if (out_channels < 2) return { because: out_channels === 1 ? 'one output channel only' : 'no output channels' }
    return gram === undefined ? notAskedFor : 1 - gram / (out_channels * (out_channels - 1))
  },
  overall: { rule: 'mean', words: 'mean weighted by output channels', weight: (layer) => layer.out_channels },
  compared: {
    family: 'use',
    axis: 'orthogonality (0 to 1)',
    more: 'are more orthogonal',
    less: 'are less orthogonal',
    better: 'higher',
  },
} as const satisfies Metric
