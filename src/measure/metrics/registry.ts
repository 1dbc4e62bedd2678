import type { LayerShape, Metric, Need, Overall } from './metric.ts'
import { norm_l1 } from './norm-l1.ts'
import { norm_l1_standardised } from './norm-l1-standardised.ts'
import { norm_l2 } from './norm-l2.ts'
import { norm_l2_standardised } from './norm-l2-standardised.ts'
import { orthogonality } from './orthogonality.ts'
import { peak } from './peak.ts'
import { sparse_filters } from './sparse-filters.ts'
import { sparsity } from './sparsity.ts'
import { variance_entropy } from './variance-entropy.ts'
import { variance_entropy_clean } from './variance-entropy-clean.ts'
import { variance_entropy_clean_norm } from './variance-entropy-clean-norm.ts'
import { variance_entropy_raw } from './variance-entropy-raw.ts'
import { variance_entropy_raw_norm } from './variance-entropy-raw-norm.ts'

/** Every metric of a layer, in the order of the columns. */
export const layerMetrics = [
  peak,
  sparse_filters,
  sparsity,
  variance_entropy,
  variance_entropy_raw,
  variance_entropy_raw_norm,
  variance_entropy_clean,
  variance_entropy_clean_norm,
  orthogonality,
  norm_l1,
  norm_l2,
  norm_l1_standardised,
  norm_l2_standardised,
] as const satisfies readonly Metric[]

type Registered = (typeof layerMetrics)[number]

/** A metric that can be undefined (null). */
export type NullableMetric = Extract<Registered, { readonly undefinedWhen: string }>['name']

/** A metric by which groups and models are compared. */
export type ComparedMetric = Extract<Registered, { readonly compared: object }>['name']

type OverallMetric = Extract<Registered, { readonly overall: object }>

/** A value of every metric. */
export type MetricRow = { readonly [M in Registered as M['name']]: M['undefinedWhen'] extends null ? number : number | null }

/** A model's value of every metric that has one: a sum is always there, a ratio or a mean may have nothing to weigh. */
export type OverallRow = {
  readonly [M in OverallMetric as M['name']]: M['overall']['rule'] extends 'sum' ? number : number | null
}

/** Metrics whose own values over layers make the model's; a ratio is made of counts. */
export type SummedMetric = Exclude<OverallMetric, { readonly overall: { readonly rule: 'ratio' } }>['name']

/** Those that can be undefined. */
export function nullableOf(metrics: readonly Metric[]): Metric[] {
  return metrics.filter(({ undefinedWhen }) => undefinedWhen !== null)
}

/** Those that a model has too, with the rule. */
export function overallOf(metrics: readonly Metric[]): (Metric & { readonly overall: Overall })[] {
  return metrics.flatMap((metric) => (metric.overall === null ? [] : [{ ...metric, overall: metric.overall }]))
}

/** Names of the metrics that can be undefined, in the order of the columns. */
export const nullableMetrics = nullableOf(layerMetrics).map(({ name }) => name) as readonly NullableMetric[]

/** Names of the metrics that groups and models are compared by, in the order of the columns: the paper's three. */
export const comparedMetrics = layerMetrics.flatMap(({ name, compared }) =>
  compared === null ? [] : [name],
) as readonly ComparedMetric[]

const byName = new Map<string, Metric>(layerMetrics.map((metric) => [metric.name, metric]))

/** A metric and the words it is compared with. */
export type ComparedWords = Metric & { readonly name: ComparedMetric; readonly compared: NonNullable<Metric['compared']> }

/** The description of a metric that is compared. */
export function describedMetric(name: ComparedMetric): ComparedWords {
  return byName.get(name) as ComparedWords
}

/** What a layer of random weights of this shape has; null where there is nothing to compare with. */
export function chanceLevel(name: NullableMetric, row: LayerShape & MetricRow): number | null {
  return byName.get(name)!.chance?.level?.(row, (metric) => row[metric.name as keyof MetricRow]) ?? null
}

/** A pass over a layer's weights beyond those that every row needs (peak and sums; counts and moments). */
export type Pass = Extract<Need, 'gram'>

const passes: ReadonlySet<Need> = new Set<Pass>(['gram'])

/** The passes that a set of metrics needs. */
export function passesFor(asked: ReadonlySet<string>, metrics: readonly Metric[] = layerMetrics): ReadonlySet<Pass> {
  const needed = metrics.filter(({ name }) => asked.has(name)).flatMap(({ needs }) => needs)
  return new Set(needed.filter((need): need is Pass => passes.has(need)))
}
