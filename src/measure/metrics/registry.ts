import { centre_share } from './centre-share.ts'
import { dc_share } from './dc-share.ts'
import { dead_inputs } from './dead-inputs.ts'
import { dead_outputs } from './dead-outputs.ts'
import { distance_to_random } from './distance-to-random.ts'
import { distance_to_random_chance } from './distance-to-random-chance.ts'
import { duplicate_outputs } from './duplicate-outputs.ts'
import { frequency } from './frequency.ts'
import type { LayerShape, Metric, MetricFamily, Need, Overall } from './metric.ts'
import { nearest_cosine } from './nearest-cosine.ts'
import { norm_l1 } from './norm-l1.ts'
import { norm_l1_standardised } from './norm-l1-standardised.ts'
import { norm_l2 } from './norm-l2.ts'
import { norm_l2_standardised } from './norm-l2-standardised.ts'
import { operator_norm_bound } from './operator-norm-bound.ts'
import { orthogonality } from './orthogonality.ts'
import { overlap_over_chance } from './overlap-over-chance.ts'
import { peak } from './peak.ts'
import { sparse_filters } from './sparse-filters.ts'
import { sparsity } from './sparsity.ts'
import { spectral_norm } from './spectral-norm.ts'
import { spectral_norm_error } from './spectral-norm-error.ts'
import { sphericity } from './sphericity.ts'
import { stable_rank } from './stable-rank.ts'
import { symmetry } from './symmetry.ts'
import { variance_entropy } from './variance-entropy.ts'
import { variance_entropy_clean } from './variance-entropy-clean.ts'
import { variance_entropy_clean_norm } from './variance-entropy-clean-norm.ts'
import { variance_entropy_raw } from './variance-entropy-raw.ts'
import { variance_entropy_raw_norm } from './variance-entropy-raw-norm.ts'
import { zero_weights } from './zero-weights.ts'

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
  dc_share,
  centre_share,
  frequency,
  symmetry,
  zero_weights,
  dead_outputs,
  dead_inputs,
  nearest_cosine,
  duplicate_outputs,
  overlap_over_chance,
  sphericity,
  spectral_norm,
  spectral_norm_error,
  stable_rank,
  operator_norm_bound,
  distance_to_random,
  distance_to_random_chance,
] as const satisfies readonly Metric[]

type Registered = (typeof layerMetrics)[number]

/** A metric that can be undefined (null). */
export type NullableMetric = Extract<Registered, { readonly undefinedWhen: string }>['name']

/** A metric by which groups of models are compared. */
export type GroupedMetric = Extract<Registered, { readonly compared: object }>['name']

/** One of the paper's three: what is shown first of every layer and model. */
export type ComparedMetric = Extract<Registered, { readonly compared: { readonly family: 'use' } }>['name']

/** A metric of the filters' shape. */
export type ShapeMetric = Exclude<GroupedMetric, ComparedMetric>

type OverallMetric = Extract<Registered, { readonly overall: object }>

/** A value of every metric. */
export type MetricRow = { readonly [M in Registered as M['name']]: M['undefinedWhen'] extends null ? number : number | null }

/** A model's value of every metric that has one: the sum of one that is never undefined is always there. */
export type OverallRow = {
  readonly [M in OverallMetric as M['name']]: M extends {
    readonly overall: { readonly rule: 'sum' }
    readonly undefinedWhen: null
  }
    ? number
    : number | null
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

function namesOf(family: MetricFamily): readonly string[] {
  return layerMetrics.flatMap(({ name, compared }) => (compared?.family === family ? [name] : []))
}

/** Those of them that a run computes when it is not told otherwise. */
export const usualMetrics = nullableOf(layerMetrics).flatMap(({ name, group }) =>
  group === undefined ? [name] : [],
) as readonly NullableMetric[]

/** The metrics that have a column in the tables of a run. `asked`: what it was asked for, where that is not the usual. */
export function storedMetrics({ metrics: asked }: { readonly metrics?: readonly NullableMetric[] }): readonly Metric[] {
  return layerMetrics.filter(
    ({ name, ...metric }: Metric) => metric.stored === undefined || asked?.includes(name as NullableMetric),
  )
}

/** Names of the groups of metrics that are computed on request. */
export const metricGroups: readonly string[] = [
  ...new Set(layerMetrics.flatMap(({ group }: Metric) => (group === undefined ? [] : [group]))),
]

/** Names of the metrics of a group, which a run computes when it is asked to. */
export function metricsOfGroup(group: string): readonly NullableMetric[] {
  return layerMetrics.flatMap((metric: Metric) => (metric.group === group ? [metric.name as NullableMetric] : []))
}

/** Names of the paper's three metrics, in the order of the columns. */
export const comparedMetrics = namesOf('use') as readonly ComparedMetric[]

/** Names of the metrics of the filters' shape, in the order of the columns. */
export const shapeMetrics = namesOf('shape') as readonly ShapeMetric[]

/** Families of the metrics by which groups are compared: those of one are tested together. */
export const metricFamilies = [comparedMetrics, shapeMetrics] as const satisfies readonly (readonly GroupedMetric[])[]

/** Names of all metrics by which groups are compared, family by family. */
export const groupedMetrics: readonly GroupedMetric[] = metricFamilies.flat()

const byName = new Map<string, Metric>(layerMetrics.map((metric) => [metric.name, metric]))

/** A metric and the words it is compared with. */
export type ComparedWords<Name extends GroupedMetric = GroupedMetric> = Metric & {
  readonly name: Name
  readonly compared: NonNullable<Metric['compared']>
}

/** The description of a metric that is compared. */
export function describedMetric<Name extends GroupedMetric>(name: Name): ComparedWords<Name> {
  return byName.get(name) as ComparedWords<Name>
}

/** What a layer of random weights of this shape has; null where there is nothing to compare with. */
export function chanceLevel(name: NullableMetric, row: LayerShape & MetricRow): number | null {
  return byName.get(name)!.chance?.level?.(row, (metric) => row[metric.name as keyof MetricRow]) ?? null
}

/** What random weights give a measure of the filters' shape: it depends on the kernel ("3x3") alone. */
export function shapeByChance(name: ShapeMetric, kernel: string): number | null {
  const shape: LayerShape = { kernel, in_channels: 1, out_channels: 1, filters: 1 }
  return byName.get(name)!.chance?.level?.(shape, () => null) ?? null
}

/** A pass over a layer's weights beyond those that every row needs (peak and sums; counts and moments). */
export type Pass = Extract<Need, 'gram' | 'spectrum' | 'random'>

/** What the products of a layer's rows give. */
const byRows: ReadonlySet<Need> = new Set<Need>(['gram', 'nearest', 'duplicates'])

/** Passes that metrics of a group of their own need. */
const onRequest = ['spectrum', 'random'] as const

/** The passes that a set of metrics needs. */
export function passesFor(asked: ReadonlySet<string>, metrics: readonly Metric[] = layerMetrics): ReadonlySet<Pass> {
  const needed = new Set(metrics.filter(({ name }) => asked.has(name)).flatMap(({ needs }) => needs))
  const byGram = [...needed].some((need) => byRows.has(need))
  return new Set<Pass>([...(byGram ? (['gram'] as const) : []), ...onRequest.filter((pass) => needed.has(pass))])
}
