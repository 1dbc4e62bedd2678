import { coded, type Fields, type RowOf, textField } from '../arrow/fields.ts'
import { type ModelProvenance, provenanceFields } from '../database/provenance.ts'
import { type Aggregate, aggregateFields } from './aggregate.ts'
import type { LayerRow } from './layer-row.ts'
import type { Metric } from './metrics/metric.ts'
import { layerMetrics } from './metrics/registry.ts'
import type { Parameters } from './parameters.ts'

export type { Parameters } from './parameters.ts'
export type { Profile } from './profile.ts'

/** The members of a model's row but its metadata, each described, in the order of the columns. */
export function modelFields(metrics: readonly Metric[] = layerMetrics): Fields {
  return { ...provenanceFields, ...aggregateFields(metrics) }
}

/** A model's row: where it came from, how many layers and filters were measured, its metrics over all layers, and its metadata. */
export interface ModelRow extends ModelProvenance, Aggregate {}

/** What a convolution or tensor that was not measured is, and why. */
export const skippedFields = {
  model: textField('the model that it belongs to', 'the run'),
  name: textField("its name; the weight tensor's own where there is one", "the format's reader"),
  kind: textField('what it is: Conv, ConvTranspose, a tensor …', "the format's reader"),
  shape: coded(
    textField('its shape, sides joined by x: "64x3x7x7"', "the format's reader"),
    (shape: readonly number[]) => shape.join('x'),
    (cell): readonly number[] => (cell === '' ? [] : cell.split('x').map(Number)),
    (value) => Array.isArray(value) && value.every((side) => Number.isSafeInteger(side)),
  ),
  reason: textField('why it was left out', 'the run'),
} as const satisfies Fields

/** What `analyze` returns: two tables, and how they were made. */
export interface Analysis {
  /** Version of filterlens. */
  readonly version: string
  readonly parameters: Parameters
  readonly models: readonly ModelRow[]
  /** Model by model in input order, within a model by layer_id. */
  readonly layers: readonly LayerRow[]
  /** Convolutions and tensors that were not measured, with the reason. */
  readonly skipped: readonly RowOf<typeof skippedFields>[]
  /** Inputs that could not be read or measured (only with keepGoing; else the first one ends the run). */
  readonly failed: readonly { file: string; problem: string }[]
  readonly warnings: readonly string[]
}
