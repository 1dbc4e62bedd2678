import { type Metric, notAskedFor } from './metric.ts'
import { toRandom, withoutRandom } from './random-distance.ts'

export const distance_to_random = {
  ...toRandom,
  name: 'distance_to_random',
  label: { long: 'distance to random filters', short: 'D to random' },
  meaning: 'distribution shift D of the non-sparse filters to as many independent random ones, in the basis of both',
  formula:
    'D of the filters and of standard normal or uniform (−1, 1) ones, the smaller; seeded, so the same for layers of a size in every engine',
  source: 'D: the paper, 4.2; what networks begin with: He et al. 2015, Glorot and Bengio 2010',
  chance: {
    words: '`distance_to_random_chance`, near which fresh layers lie',
    level: (_, value) => value({ name: 'distance_to_random_chance' }),
  },
  undefinedWhen: withoutRandom,
  compute: ({ random }) => {
    if (random === undefined) return notAskedFor
    return random.shift ?? { because: 'fewer than two non-sparse filters' }
  },
} as const satisfies Metric
