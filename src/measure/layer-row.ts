import type { Moments } from '../wasm/moments.ts'

/** Names of the per-layer metrics that can be undefined (null), in the order of the columns. */
export const nullableMetrics = [
  'sparsity',
  'variance_entropy',
  'variance_entropy_raw',
  'variance_entropy_raw_norm',
  'variance_entropy_clean',
  'variance_entropy_clean_norm',
  'orthogonality',
  'norm_l1_standardised',
  'norm_l2_standardised',
] as const

export type NullableMetric = (typeof nullableMetrics)[number]

/** What identifies a layer, and the metrics of spec "Per layer". Columns of layers.arrow, keys of `--json`. */
export interface LayerMetrics {
  readonly model: string
  /** The weight tensor's own name. */
  readonly layer: string
  readonly layer_id: number
  /** "3x3": rows x columns. */
  readonly kernel: string
  readonly depth: number
  readonly conv_depth: number
  readonly conv_depth_norm: number | null
  /** Input channels per group. */
  readonly in_channels: number
  readonly out_channels: number
  readonly groups: number
  readonly filters: number
  readonly peak: number
  readonly sparse_filters: number
  readonly sparsity: number | null
  readonly variance_entropy: number | null
  readonly variance_entropy_raw: number | null
  readonly variance_entropy_raw_norm: number | null
  readonly variance_entropy_clean: number | null
  readonly variance_entropy_clean_norm: number | null
  readonly orthogonality: number | null
  readonly norm_l1: number
  readonly norm_l2: number
  readonly norm_l1_standardised: number | null
  readonly norm_l2_standardised: number | null
}

/** Names of a layer's columns as every table and `--json` has them, in order. */
export const layerMetricNames = [
  'model',
  'layer',
  'layer_id',
  'kernel',
  'depth',
  'conv_depth',
  'conv_depth_norm',
  'in_channels',
  'out_channels',
  'groups',
  'filters',
  'peak',
  'sparse_filters',
  'sparsity',
  'variance_entropy',
  'variance_entropy_raw',
  'variance_entropy_raw_norm',
  'variance_entropy_clean',
  'variance_entropy_clean_norm',
  'orthogonality',
  'norm_l1',
  'norm_l2',
  'norm_l1_standardised',
  'norm_l2_standardised',
] as const satisfies readonly (keyof LayerMetrics)[]

/** A layer's row: its metrics, why any of them is null, and its sufficient statistics. All that is kept of a layer. */
export interface LayerRow extends LayerMetrics {
  readonly undefined_because: Readonly<Partial<Record<NullableMetric, string>>>
  /** Non-sparse filters, each divided by its own largest absolute value. */
  readonly scaled: Moments
  /** All filters as they are. */
  readonly raw: Moments
  /** Non-sparse filters as they are. */
  readonly clean: Moments
}
