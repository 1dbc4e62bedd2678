import { type Metric, notAskedFor } from './metric.ts'
import { toRandom, withoutRandom } from './random-distance.ts'

export const distance_to_random_chance = {
  ...toRandom,
  name: 'distance_to_random_chance',
  label: { long: 'distance to random filters by chance', short: 'D by chance' },
  meaning: '95 % level of that D when the filters of both are dealt out at random: below it they cannot be told from random ones',
  formula: '95 % quantile of D over 200 deals, component by component',
  source: 'the exchange test of groups, for two sets of filters',
  undefinedWhen: `${withoutRandom}, or too few to be dealt out`,
  compute: ({ random }) => {
    if (random === undefined) return notAskedFor
    return random.chance ?? { because: 'too few non-sparse filters' }
  },
} as const satisfies Metric
