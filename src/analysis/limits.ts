import type { LayerMetrics } from '../measure/layer-row.ts'
import { type ComparedMetric, describedMetric } from '../measure/metrics/registry.ts'

/** What a layer must keep to; an absent limit is not checked. */
export interface Limits {
  /** Largest share of sparse filters, 0 to 1. */
  readonly max_sparsity?: number
  /** Smallest variance entropy, 0 to 0.9542. */
  readonly min_entropy?: number
  /** Smallest orthogonality. */
  readonly min_orthogonality?: number
}

/** A layer beyond a limit. */
export interface Violation {
  readonly model: string
  readonly layer: string
  readonly metric: ComparedMetric
  readonly value: number
  readonly limit: number
}

/** Layers beyond the limits, in the order of the table, and how many values were undefined and so not judged. */
export function violations(rows: readonly LayerMetrics[], limits: Limits): { found: Violation[]; undefined: number } {
  const rules = [
    { metric: 'sparsity', limit: limits.max_sparsity },
    { metric: 'variance_entropy', limit: limits.min_entropy },
    { metric: 'orthogonality', limit: limits.min_orthogonality },
  ] as const
  const found: Violation[] = []
  let unjudged = 0
  for (const row of rows) {
    for (const { metric, limit } of rules) {
      if (limit === undefined) continue
      const value = row[metric]
      if (value === null) unjudged++
      else if (isBeyond(metric, value, limit)) found.push({ model: row.model, layer: row.layer, metric, value, limit })
    }
  }
  return { found, undefined: unjudged }
}

function isBeyond(metric: ComparedMetric, value: number, limit: number): boolean {
  return describedMetric(metric).compared.better === 'lower' ? value > limit : value < limit
}
