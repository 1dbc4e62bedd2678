import type { Moments } from '../wasm/moments.ts'
import { type LayerMetrics, type NullableMetric, nullableMetrics } from './layer-row.ts'
import type { Profile } from './model-row.ts'

/** A pass over a layer's weights beyond those that every row needs (peak and sums; counts and moments). */
export type Pass = 'gram'

/** What the passes over a layer give: all that its metrics are made of. */
export interface LayerStatistics {
  readonly out_channels: number
  readonly filters: number
  readonly taps: number
  readonly peak: number
  readonly sparse_filters: number
  readonly scaled: Moments
  readonly raw: Moments
  readonly clean: Moments
  readonly norm_l1: number
  /** Sum of |w - mean of all weights|. */
  readonly deviation: number
  /** Sum over all (a, b) of |r_a · r_b - [a = b]|, rows r of unit length; undefined when the pass was not asked for. */
  readonly gram: number | undefined
}

/** Functions that come from the module, so that every engine has the same digits. */
export interface MetricMath {
  /** Entropy in base 10 of the shares of the covariance's eigenvalues, in [0, log10 taps]; null when the filters do not vary. */
  varianceEntropy(moments: Moments): number | null
  /** The level of variance entropy that n random filters have, T(n) of the spec. */
  randomEntropy(filters: number): number
}

/** A metric's value, or why it has none. */
export type Outcome = number | { readonly because: string }

/** One metric: what it needs and how it follows from the statistics. A new metric is one more of these, and a column. */
export interface Metric {
  readonly name: NullableMetric | 'norm_l1' | 'norm_l2' | 'peak' | 'sparse_filters'
  readonly needs: readonly Pass[]
  compute(layer: LayerStatistics, math: MetricMath, profile: Profile): Outcome
}

const allMetrics: ReadonlySet<NullableMetric> = new Set(nullableMetrics)
const notRun: Outcome = { because: 'not asked for' }

/** Every per-layer metric, in the order of the columns (definitions: the spec's table "Per layer"). */
export const metrics: readonly Metric[] = [
  { name: 'peak', needs: [], compute: (layer) => layer.peak },
  { name: 'sparse_filters', needs: [], compute: (layer) => layer.sparse_filters },
  {
    name: 'sparsity',
    needs: [],
    compute: (layer) => (layer.filters === 0 ? { because: 'the layer has no filters' } : layer.sparse_filters / layer.filters),
  },
  {
    // pca.ipynb; CNN-Filter-DB and torchconvquality take all filters as they are.
    name: 'variance_entropy',
    needs: [],
    compute: (layer, math, profile) =>
      profile === 'cvprw22' ? entropyOf(layer.scaled, math, 'non-sparse filters') : entropyOf(layer.raw, math, 'filters'),
  },
  { name: 'variance_entropy_raw', needs: [], compute: (layer, math) => entropyOf(layer.raw, math, 'filters') },
  {
    name: 'variance_entropy_raw_norm',
    needs: [],
    compute: (layer, math) => overRandom(entropyOf(layer.raw, math, 'filters'), layer.raw.count, math),
  },
  { name: 'variance_entropy_clean', needs: [], compute: (layer, math) => entropyOf(layer.clean, math, 'non-sparse filters') },
  {
    name: 'variance_entropy_clean_norm',
    needs: [],
    compute: (layer, math) => overRandom(entropyOf(layer.clean, math, 'non-sparse filters'), layer.clean.count, math),
  },
  {
    name: 'orthogonality',
    needs: ['gram'],
    compute: ({ out_channels, gram }) => {
      if (out_channels < 2) return { because: out_channels === 1 ? 'one output channel only' : 'no output channels' }
      return gram === undefined ? notRun : 1 - gram / (out_channels * (out_channels - 1))
    },
  },
  { name: 'norm_l1', needs: [], compute: (layer) => layer.norm_l1 },
  { name: 'norm_l2', needs: [], compute: (layer) => Math.sqrt(sumOfSquares(layer)) },
  {
    name: 'norm_l1_standardised',
    needs: [],
    compute: (layer) => {
      const variance = valueVariance(layer)
      return typeof variance === 'number' ? layer.deviation / Math.sqrt(variance) : variance
    },
  },
  {
    // Sum of (w - mean)² / variance = N - 1, whatever the weights are.
    name: 'norm_l2_standardised',
    needs: [],
    compute: (layer) => {
      const variance = valueVariance(layer)
      return typeof variance === 'number' ? Math.sqrt(layer.filters * layer.taps - 1) : variance
    },
  },
]

/** Values of all metrics, and the reasons of those that are null. */
export type MetricValues = Pick<LayerMetrics, Metric['name']> & {
  readonly undefined_because: Readonly<Partial<Record<NullableMetric, string>>>
}

/** Computes all metrics. Metrics outside `asked` are null, "not asked for". */
export function evaluateMetrics(
  layer: LayerStatistics,
  math: MetricMath,
  profile: Profile,
  asked: ReadonlySet<NullableMetric> = allMetrics,
): MetricValues {
  const once = new KnownEntropies(math)
  const values: Record<string, unknown> = {}
  const undefined_because: Record<string, string> = {}
  for (const metric of metrics) {
    const left = asked !== allMetrics && isNullable(metric.name) && !asked.has(metric.name)
    const outcome = left ? notRun : metric.compute(layer, once, profile)
    // A zero is stored as +0, so that equal tables have equal bytes.
    if (typeof outcome === 'number') values[metric.name] = outcome + 0
    else {
      values[metric.name] = null
      undefined_because[metric.name] = outcome.because
    }
  }
  values.undefined_because = undefined_because
  return values as unknown as MetricValues
}

function isNullable(name: Metric['name']): name is NullableMetric {
  return allMetrics.has(name as NullableMetric)
}

/** Two metrics share an entropy, and so do all filters and the non-sparse ones where none is sparse. */
class KnownEntropies implements MetricMath {
  readonly #math: MetricMath
  readonly #moments: Moments[] = []
  readonly #entropies: (number | null)[] = []

  constructor(math: MetricMath) {
    this.#math = math
  }

  randomEntropy(filters: number): number {
    return this.#math.randomEntropy(filters)
  }

  varianceEntropy(moments: Moments): number | null {
    for (let k = 0; k < this.#moments.length; k++) if (isSame(this.#moments[k]!, moments)) return this.#entropies[k]!
    const entropy = this.#math.varianceEntropy(moments)
    this.#moments.push(moments)
    this.#entropies.push(entropy)
    return entropy
  }
}

function isSame(a: Moments, b: Moments): boolean {
  if (a === b) return true
  if (a.count !== b.count || a.mean.length !== b.mean.length) return false
  for (let k = 0; k < a.mean.length; k++) if (a.mean[k] !== b.mean[k]) return false
  for (let k = 0; k < a.scatter.length; k++) if (a.scatter[k] !== b.scatter[k]) return false
  return true
}

/** The passes that a set of metrics needs. */
export function passesFor(asked: ReadonlySet<NullableMetric>): ReadonlySet<Pass> {
  return new Set(metrics.filter((m) => asked.has(m.name as NullableMetric)).flatMap((m) => m.needs))
}

function entropyOf(moments: Moments, math: MetricMath, what: string): Outcome {
  if (moments.count < 2) return { because: moments.count === 0 ? `no ${what}` : `only one ${what.slice(0, -1)}` }
  return math.varianceEntropy(moments) ?? { because: `its ${what} are all equal` }
}

function overRandom(entropy: Outcome, filters: number, math: MetricMath): Outcome {
  return typeof entropy === 'number' ? entropy / math.randomEntropy(filters) : entropy
}

/** Sum of w² over all weights, from the raw moments: trace of the scatter + n · |mean|². */
function sumOfSquares({ raw, taps }: LayerStatistics): number {
  let scatter = 0
  let means = 0
  for (let k = 0; k < taps; k++) {
    scatter += raw.scatter[k * taps + k]!
    means += raw.mean[k]! * raw.mean[k]!
  }
  return scatter + raw.count * means
}

/** Mean of all N = filters · taps weights. */
function valueMean(raw: Moments): number {
  let sum = 0
  for (let k = 0; k < raw.mean.length; k++) sum += raw.mean[k]!
  return raw.mean.length === 0 ? 0 : sum / raw.mean.length
}

/** Variance of all N weights, divisor N - 1. */
function valueVariance({ raw, taps, filters }: LayerStatistics): Outcome {
  const values = filters * taps
  if (values < 2) return { because: 'the layer has no filters' }
  const mean = valueMean(raw)
  let scatter = 0
  let between = 0
  for (let k = 0; k < taps; k++) {
    scatter += raw.scatter[k * taps + k]!
    between += (raw.mean[k]! - mean) * (raw.mean[k]! - mean)
  }
  const variance = (scatter + raw.count * between) / (values - 1)
  return variance > 0 ? variance : { because: 'all its weights are equal' }
}
