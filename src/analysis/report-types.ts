import type * as v from 'valibot'
import type {
  basisRowSchema,
  chanceSchema,
  coefficientRowSchema,
  coefficientTableSchema,
  correlationRowSchema,
  distributionSchema,
  groupInfoSchema,
  groupReportSchema,
  methodsSchema,
  modelDepthRowSchema,
  pairedComparisonSchema,
  pairRowSchema,
  pooledDepthRowSchema,
  reportModelSchema,
  shiftMatrixSchema,
  shiftRowSchema,
  signedRankSchema,
} from './report-schema.ts'

export { type BucketName, bucketNames, type Counting, groupedNames, type MetricName, metricNames } from './report-names.ts'

// The types of what report-schema.ts describes, for those that only handle it.

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T
/** What a schema describes, for reading only. */
export type Described<Schema extends v.GenericSchema> = Frozen<v.InferOutput<Schema>>

/** The result of two groups' analysis: all that the report shows. */
export interface GroupReport extends Described<typeof groupReportSchema> {}

/** What the numbers were made with, in words that the report prints. */
export interface Methods extends Described<typeof methodsSchema> {}

/** One of the two groups. */
export interface GroupInfo extends Described<typeof groupInfoSchema> {}

/** A model with its overall metrics. `group` is null for a model that is in neither. */
export interface ReportModel extends Described<typeof reportModelSchema> {}

/** One pair: model names, the metrics of both and their differences, and the shift between the two. */
export interface PairRow extends Described<typeof pairRowSchema> {}

/** A metric of group b against its counterparts in a, over pairs. */
export interface PairedComparison extends Described<typeof pairedComparisonSchema> {}

/** Wilcoxon's signed-rank test of paired differences, two-sided. */
export interface SignedRank extends Described<typeof signedRankSchema> {}

/** Distribution of a metric over the models of a group. */
export interface Distribution extends Described<typeof distributionSchema> {}

/** A model's layers in one depth bucket. */
export interface ModelDepthRow extends Described<typeof modelDepthRowSchema> {}

/** A group's layers in one depth bucket, all models together. */
export interface PooledDepthRow extends Described<typeof pooledDepthRowSchema> {}

/** PCA of a group's scaled non-sparse filters. */
export interface BasisRow extends Described<typeof basisRowSchema> {}

/** Coefficient histograms in the basis of all compared models. */
export interface CoefficientTable extends Described<typeof coefficientTableSchema> {}

/** Those of the non-sparse filters of a group. */
export interface CoefficientRow extends Described<typeof coefficientRowSchema> {}

/** What chance gives beside a distribution shift. */
export interface Chance extends Described<typeof chanceSchema> {}

/** Distribution shift between the two groups. */
export interface ShiftRow extends Described<typeof shiftRowSchema> {}

/** Shift between the values of a metadata column. */
export interface ShiftMatrix extends Described<typeof shiftMatrixSchema> {}

/** Spearman's rank correlation of a metric with an accuracy over models. */
export interface CorrelationRow extends Described<typeof correlationRowSchema> {}

/** Two models layer by layer. */
export interface ModelComparison {
  readonly a: string
  readonly b: string
  /** How layers were matched: by their names, or by their order where the names differ. */
  readonly matched_by: 'name' | 'order'
  readonly metrics: PairRow['metrics']
  readonly layers: readonly LayerComparison[]
  readonly only_a: readonly string[]
  readonly only_b: readonly string[]
  readonly warnings: readonly string[]
}

export interface LayerComparison {
  readonly layer_a: string
  readonly layer_b: string
  /** What they are shown as: the module where a layer's own name was made up by an exporter. */
  readonly name_a: string
  readonly name_b: string
  readonly conv_depth: number
  readonly conv_depth_norm: number | null
  /** "64×32×3×3": output channels, input channels per group, kernel. */
  readonly shape_a: string
  readonly shape_b: string
  readonly filters_a: number
  readonly filters_b: number
  readonly metrics: PairRow['metrics']
  /** What changed in the weights, where they were read; null where the two are not compared. */
  readonly change?: WeightChange | null
  /** Why the two are not compared: their shapes differ (all differences are then null). */
  readonly because: string | null
}

/** What changed between two weights of one shape. */
export interface WeightChange {
  /** ‖b − a‖ / ‖a‖; null where a is zero. */
  readonly relative_change: number | null
  /** Of the two weights as vectors; null where one is zero. */
  readonly cosine: number | null
  /** The least over output channels that are zero in neither, and which one. */
  readonly least_cosine: number | null
  readonly least_channel: number | null
  /** Share of weights whose sign differs, of those that are 0 in neither; null where there are none. */
  readonly sign_flips: number | null
  /** Weights that are exactly 0 in a, in b, and in both; those in both over those in either, null where there are none. */
  readonly zeros_a: number
  readonly zeros_b: number
  readonly zeros_both: number
  readonly zero_overlap: number | null
  /** Distribution shift D of the filters in the basis of both, and its level by chance: the filters of both dealt out at random. */
  readonly shift: number | null
  readonly shift_chance: { readonly median: number; readonly high: number; readonly p: number } | null
  /** Cosines of the principal angles between the spans of the three leading components of either, falling: 1 is the same direction. */
  readonly principal_cosines: readonly number[] | null
  /**
   * Where the spectrum was asked for: the largest singular value of the change as a matrix of output channels, and the edge below which
   * those of independent numbers of its size and variance lie (Marčenko and Pastur): above it, the change has structure.
   */
  readonly change_norm: number | null
  readonly change_edge: number | null
  /** All of them, falling, how many lie above the edge, and their share of ‖b − a‖²; null beyond 2,048 on the smaller side. */
  readonly change_singular_values: readonly number[] | null
  readonly change_above_edge: number | null
  readonly change_above_energy: number | null
  /** Why D has no value. */
  readonly because: string | null
}
