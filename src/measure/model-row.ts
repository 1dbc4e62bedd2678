import type { InputPart, MetaValue } from '../database/meta.ts'
import type { LayerRow, NullableMetric } from './layer-row.ts'

/** A model's row: where it came from, how many layers and filters were measured, its metrics over all layers (spec, "Depth"), and its metadata. */
export interface ModelRow {
  readonly model: string
  /** The input's path as named. */
  readonly file: string
  readonly bytes: number
  /** Of the file; null when the run was not asked to hash its inputs. */
  readonly sha256: string | null
  /** Further files that the model was read from; absent when there are none, or nothing was hashed. */
  readonly parts?: readonly InputPart[]
  readonly format: string
  readonly producer: string | null
  readonly opset: number | null
  readonly layers: number
  readonly filters: number
  readonly sparse_filters: number
  readonly sparsity: number | null
  readonly variance_entropy: number | null
  readonly orthogonality: number | null
  /** Columns of the user's meta table (or of the file itself). */
  readonly meta: Readonly<Record<string, MetaValue>>
}

/** What `analyze` returns: two tables, and how they were made. */
export interface Analysis {
  /** Version of filterlens. */
  readonly version: string
  readonly parameters: Parameters
  readonly models: readonly ModelRow[]
  /** Model by model in input order, within a model by layer_id. */
  readonly layers: readonly LayerRow[]
  /** Convolutions and tensors that were not measured, with the reason. */
  readonly skipped: readonly { model: string; name: string; kind: string; shape: readonly number[]; reason: string }[]
  /** Inputs that could not be read or measured (only with keepGoing; else the first one ends the run). */
  readonly failed: readonly { file: string; problem: string }[]
  readonly warnings: readonly string[]
}

/** Conventions of one of the author's three codes (spec, "profiles"). */
export type Profile = 'cvprw22' | 'cvpr22' | 'torchconvquality'

/** Everything that can change a number. */
export interface Parameters {
  readonly profile: Profile
  /** Share of the layer's peak at or below which a filter is sparse. Default 0.01. */
  readonly threshold: number
  /** "3x3", "5x5" … or "all" (every kernel with more than one tap). */
  readonly kernel: string
  readonly kernel_sha256: string
  /** The metrics that were asked for; absent: all. */
  readonly metrics?: readonly NullableMetric[]
}
