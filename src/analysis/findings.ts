import { spokenName } from '../database/spoken-name.ts'
import type { LayerMetrics, LayerRow } from '../measure/layer-row.ts'
import type { ComparedMetric } from '../measure/metrics/registry.ts'
import type { Analysis } from '../measure/model-row.ts'
import { isNonFiniteLayer } from '../measure/non-finite.ts'
import { flagsOf } from './flags.ts'

/** What a layer is held against, each with what it means. */
export const findingRules = {
  flag: 'the layer looks degenerate by the rules of filterlens',
  limit: 'a metric of the layer is beyond a limit that was set',
  baseline: 'a metric of the layer is worse than that of the same layer in the baseline',
  'not-finite': 'the layer holds a weight that is NaN or infinite',
} as const

/** What was not measured, and why. */
export type LeftOut = Pick<Analysis['skipped'][number], 'model' | 'name' | 'reason'>

/** Something that `check` does not let pass. */
export interface Finding {
  readonly rule: keyof typeof findingRules
  readonly model: string
  readonly layer: string
  /** What the layer is shown as: the module where its own name was made up by an exporter. */
  readonly name: string
  /** Null where no metric is at fault. */
  readonly metric: ComparedMetric | null
  readonly value: number | null
  /** What the value had to keep to; null where there is no one number. */
  readonly limit: number | null
  /** One sentence without a full stop. */
  readonly message: string
}

/** What is judged of a layer. */
export type JudgedLayer = LayerMetrics & Pick<LayerRow, 'flags'>

/** Every flag as a finding. */
export function flagFindings(rows: readonly JudgedLayer[]): Finding[] {
  return rows.flatMap((row) =>
    flagsOf(row).map(({ metric, message }) => ({
      rule: 'flag' as const,
      model: row.model,
      layer: row.layer,
      name: spokenName(row),
      metric,
      value: row[metric],
      limit: null,
      message,
    })),
  )
}

/** Layers that were left out for a weight that is NaN or infinite. */
export function nonFiniteFindings(skipped: readonly LeftOut[]): Finding[] {
  return skipped.filter(isNonFiniteLayer).map(({ model, name, reason }) => ({
    rule: 'not-finite',
    model,
    layer: name,
    name,
    metric: null,
    value: null,
    limit: null,
    message: `${reason}: training has diverged, or the file is damaged`,
  }))
}
