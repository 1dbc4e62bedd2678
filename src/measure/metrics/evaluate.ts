import type { Moments } from '../../wasm/moments.ts'
import type { Profile } from '../profile.ts'
import { type LayerStatistics, type Metric, type MetricMath, notAskedFor } from './metric.ts'
import { layerMetrics, type MetricRow, type NullableMetric } from './registry.ts'

/** Why metrics are null, by name. */
export type Reasons = Readonly<Partial<Record<NullableMetric, string>>>

/** Values of all metrics, and the reasons of those that are null. */
export type MetricValues = MetricRow & { readonly undefined_because: Reasons }

/** Computes all metrics. Those outside `asked` that can be undefined are null, "not asked for"; default: all but those that are computed on request only. */
export function evaluateMetrics(
  layer: LayerStatistics,
  math: MetricMath,
  profile: Profile,
  asked?: ReadonlySet<string>,
  metrics: readonly Metric[] = layerMetrics,
): MetricValues {
  const once = new KnownEntropies(math)
  const values: Record<string, unknown> = {}
  const undefined_because: Record<string, string> = {}
  for (const metric of metrics) {
    const isAsked = asked === undefined ? metric.group === undefined : asked.has(metric.name)
    const isLeft = metric.undefinedWhen !== null && !isAsked
    const outcome = isLeft ? notAskedFor : metric.compute(layer, once, profile)
    // A zero is stored as +0, so that equal tables have equal bytes.
    if (typeof outcome === 'number') values[metric.name] = outcome + 0
    else {
      values[metric.name] = null
      if (isLeft && metric.group !== undefined) continue
      undefined_because[metric.name] = outcome.because
    }
  }
  values['undefined_because'] = undefined_because
  return values as unknown as MetricValues
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
