import type { MetaValue } from '../database/meta.ts'
import { type ComparedMetric, comparedMetrics } from '../measure/metrics/registry.ts'
import type { Parameters } from '../measure/model-row.ts'

// What the analysis of two groups gives: plain numbers, strings and arrays, so that it is written to JSON as it is.
// Everywhere: group `a` is the reference (normal, blue), group `b` the one that is studied (robust, orange), a
// difference is b - a, and a statistic that is undefined is null, with a phrase in `because` that says why.

/** The metrics that are compared, the three of the paper. Ranges: [0, 1], [0, log10 9 = 0.9542], [0, 1]. */
export const metricNames = comparedMetrics
export type MetricName = ComparedMetric

/** `first` is conv_depth 0, then ten half-open bins of conv_depth_norm; `all` is every layer. */
export const bucketNames = [
  'first',
  '(0.0, 0.1]',
  '(0.1, 0.2]',
  '(0.2, 0.3]',
  '(0.3, 0.4]',
  '(0.4, 0.5]',
  '(0.5, 0.6]',
  '(0.6, 0.7]',
  '(0.7, 0.8]',
  '(0.8, 0.9]',
  '(0.9, 1.0]',
] as const
export type BucketName = (typeof bucketNames)[number]

/**
 * How a normal model that serves several robust ones counts. `pairs`: once per pair (the paper's pair figures; n = number
 * of pairs). `models`: each model once; for a paired test the differences of all pairs that share a normal model are
 * averaged first, so its n is the number of distinct normal models and the observations do not share a model.
 */
export type Counting = 'pairs' | 'models'

/** The result of two groups' analysis: all that the report shows. */
export interface GroupReport {
  /** Version of filterlens that made it. */
  readonly version: string
  readonly parameters: Parameters
  readonly methods: Methods
  readonly groups: { readonly a: GroupInfo; readonly b: GroupInfo }
  /** In order of first appearance among the models; empty when no model names its data set. */
  readonly datasets: readonly string[]
  readonly architectures: readonly string[]
  readonly models: readonly ReportModel[]
  readonly pairs: readonly PairRow[]
  /** Paired comparisons: 3 metrics × (all + 11 buckets) × 2 countings × (null = all data sets, then each). Empty without pairs. */
  readonly comparisons: readonly PairedComparison[]
  /** Group figures: 3 metrics × (all + 11 buckets) × 2 groups × (null, then each data set). */
  readonly distributions: readonly Distribution[]
  /** One row per model and bucket that it has layers in: what box plots are drawn from. */
  readonly depth: readonly ModelDepthRow[]
  /** One row per group and bucket: all layers of the group's models together, with the reference's weights. */
  readonly pooled_depth: readonly PooledDepthRow[]
  /** all, a, b; then the same for each data set. */
  readonly bases: readonly BasisRow[]
  /** Null when the coefficients were not measured. */
  readonly coefficients: CoefficientTable | null
  /** (null, then each data set) × 2 countings × (all + 11 buckets). Empty when the coefficients were not measured. */
  readonly shift: readonly ShiftRow[]
  readonly matrices: readonly ShiftMatrix[]
  readonly correlations: readonly CorrelationRow[]
  /** Sentences: models in no pair, columns that were not found, layers skipped. */
  readonly warnings: readonly string[]
}

/** What the numbers were made with, in words that the report prints. */
export interface Methods {
  readonly test: string
  readonly effect: string
  readonly interval: string
  readonly correction: string
  readonly correlation: string
  readonly shift: string
  readonly seed: number
  readonly resamples: number
  /** 0.95. */
  readonly level: number
}

export interface GroupInfo {
  /** "normal", "robust", or what the person called it. */
  readonly name: string
  readonly models: number
  readonly layers: number
  readonly filters: number
  readonly sparse_filters: number
  /** Sum of sparse filters over sum of filters; null without filters. */
  readonly sparsity: number | null
}

/** A model with its overall metrics. `group` is null for a model that is in neither. */
export interface ReportModel {
  readonly model: string
  readonly group: 'a' | 'b' | null
  readonly dataset: string | null
  readonly architecture: string | null
  /** Percent, as the meta table has them. */
  readonly clean_accuracy: number | null
  readonly robust_accuracy: number | null
  readonly layers: number
  readonly filters: number
  readonly sparse_filters: number
  readonly sparsity: number | null
  readonly variance_entropy: number | null
  readonly orthogonality: number | null
  readonly meta: Readonly<Record<string, MetaValue>>
}

/** One pair: model names, the three metrics of both and their differences, and the shift between the two. */
export interface PairRow {
  readonly a: string
  readonly b: string
  readonly architecture: string | null
  readonly dataset: string | null
  readonly metrics: Readonly<
    Record<MetricName, { readonly a: number | null; readonly b: number | null; readonly difference: number | null }>
  >
  readonly shift: number | null
}

/** A metric of group b against its counterparts in a, over pairs. */
export interface PairedComparison {
  readonly metric: MetricName
  readonly bucket: BucketName | 'all'
  readonly dataset: string | null
  readonly counting: Counting
  /** Pairs (or distinct normal models) with both values. */
  readonly n: number
  /** Means over those n. */
  readonly a: number | null
  readonly b: number | null
  /** Mean difference b - a, with its bootstrap interval. */
  readonly difference: number | null
  readonly interval: readonly [low: number, high: number] | null
  readonly test: SignedRank | null
  /** p corrected by Holm's method over the family: the 11 buckets of this metric, data set and counting; the 3 metrics where bucket is `all`. */
  readonly p_holm: number | null
  /** Number of tests in that family. */
  readonly family: number
  readonly because: string | null
}

/** Wilcoxon's signed-rank test of paired differences, two-sided. */
export interface SignedRank {
  /** Differences that are not 0: what is ranked. */
  readonly n: number
  readonly zeros: number
  /** Sums of the ranks of positive and of negative differences. */
  readonly w_plus: number
  readonly w_minus: number
  readonly p: number
  readonly method: 'exact' | 'normal approximation'
  /** Matched-pairs rank-biserial correlation (w_plus - w_minus) / (w_plus + w_minus), in [-1, 1]; positive when b is higher. */
  readonly effect: number
}

/** Distribution of a metric over the models of a group (each model once): mean, and a box with quartiles by linear interpolation. */
export interface Distribution {
  readonly metric: MetricName
  readonly bucket: BucketName | 'all'
  readonly dataset: string | null
  readonly group: 'a' | 'b'
  readonly n: number
  readonly mean: number | null
  readonly min: number | null
  readonly q1: number | null
  readonly median: number | null
  readonly q3: number | null
  readonly max: number | null
  readonly because: string | null
}

/** A model's layers in one depth bucket: weights as in the reference (filters, non-sparse filters, output channels). */
export interface ModelDepthRow extends DepthMetrics {
  readonly model: string
  readonly group: 'a' | 'b' | null
  readonly dataset: string | null
  readonly architecture: string | null
}

/** A group's layers in one depth bucket, all models together. */
export interface PooledDepthRow extends DepthMetrics {
  readonly group: 'a' | 'b'
  readonly dataset: string | null
  readonly models: number
}

export interface DepthMetrics {
  readonly bucket: BucketName
  readonly layers: number
  readonly filters: number
  readonly sparse_filters: number
  readonly sparsity: number | null
  readonly variance_entropy: number | null
  readonly orthogonality: number | null
}

/** PCA of a group's scaled non-sparse filters. */
export interface BasisRow {
  readonly group: 'all' | 'a' | 'b'
  readonly dataset: string | null
  readonly models: number
  /** Filters in it. */
  readonly filters: number
  /** 9 values. */
  readonly mean: readonly number[] | null
  /** 9 components of 9 values, by falling variance; the entry of largest magnitude of each is positive. */
  readonly components: readonly (readonly number[])[] | null
  readonly explained_variance: readonly number[] | null
  readonly explained_variance_ratio: readonly number[] | null
  readonly because: string | null
}

/** Coefficient histograms in the basis of all compared models: 70 equal bins over one range common to all components. */
export interface CoefficientTable {
  readonly range: readonly [low: number, high: number]
  readonly bins: number
  /** Models whose filters make up the basis and the range. */
  readonly basis_models: number
  readonly groups: readonly CoefficientRow[]
}

/** Non-sparse filters of a group. */
export interface CoefficientRow {
  readonly group: 'a' | 'b'
  readonly dataset: string | null
  readonly bucket: BucketName | 'all'
  readonly filters: number
  /** 9 × 70. */
  readonly counts: readonly (readonly number[])[]
  /** Smallest and largest coefficient per component over all filters, sparse ones included; null without filters. */
  readonly min: readonly number[] | null
  readonly max: readonly number[] | null
}

/** Distribution shift D(a, b), natural logarithm, weighted by the explained variance ratio of the common basis. */
export interface ShiftRow {
  readonly dataset: string | null
  readonly counting: Counting
  readonly bucket: BucketName | 'all'
  /** Filters on each side (a filter of a model that counts k times counts k times). */
  readonly filters_a: number
  readonly filters_b: number
  readonly shift: number | null
  /** KL(p||q) + KL(q||p) per component, before weighting. */
  readonly components: readonly number[] | null
  readonly because: string | null
}

/** Shift between the values of a metadata column, each model once; symmetric, 0 on the diagonal. */
export interface ShiftMatrix {
  /** The column, or "group and data set". */
  readonly column: string
  readonly values: readonly string[]
  readonly models: readonly number[]
  readonly filters: readonly number[]
  readonly shift: readonly (readonly (number | null)[])[]
}

/** Spearman's rank correlation of a metric with an accuracy over models. */
export interface CorrelationRow {
  readonly metric: MetricName
  readonly against: 'clean_accuracy' | 'robust_accuracy'
  readonly group: 'all' | 'a' | 'b'
  /** Which models: all of them, those of one data set, or those of one architecture. */
  readonly by: 'all' | 'dataset' | 'architecture'
  readonly value: string | null
  readonly n: number
  readonly rho: number | null
  /** Two-sided, by Student's t with n - 2 degrees of freedom: an approximation that is poor for few models. */
  readonly p: number | null
  /** Two-sided, counted over all orders; null for more than 8 models. Show this one where it is there. */
  readonly p_exact: number | null
  readonly because: string | null
}

/** Two models layer by layer. */
export interface ModelComparison {
  readonly a: string
  readonly b: string
  /** How layers were matched: by their names, or by their order where the names differ. */
  readonly matched_by: 'name' | 'order'
  readonly metrics: Readonly<
    Record<MetricName, { readonly a: number | null; readonly b: number | null; readonly difference: number | null }>
  >
  readonly layers: readonly LayerComparison[]
  readonly only_a: readonly string[]
  readonly only_b: readonly string[]
  readonly warnings: readonly string[]
}

export interface LayerComparison {
  readonly layer_a: string
  readonly layer_b: string
  readonly conv_depth: number
  readonly conv_depth_norm: number | null
  /** "64×32×3×3": output channels, input channels per group, kernel. */
  readonly shape_a: string
  readonly shape_b: string
  readonly filters_a: number
  readonly filters_b: number
  readonly metrics: Readonly<
    Record<MetricName, { readonly a: number | null; readonly b: number | null; readonly difference: number | null }>
  >
  /** Why the two are not compared: their shapes differ (all differences are then null). */
  readonly because: string | null
}
