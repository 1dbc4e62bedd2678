import type { LayerRow } from '../measure/layer-row.ts'
import { type ComparedMetric, comparedMetrics } from '../measure/metrics/registry.ts'

/** Why a layer is flagged. */
export interface Flag {
  readonly metric: ComparedMetric
  /** One sentence: what was found, against what, and why it matters. */
  readonly message: string
}

/** The flags of a layer's row, in the order of the metrics. */
export function flagsOf({ flags }: Pick<LayerRow, 'flags'>): Flag[] {
  return comparedMetrics.flatMap((metric) => {
    const message = flags[metric]
    return message === undefined ? [] : [{ metric, message }]
  })
}
