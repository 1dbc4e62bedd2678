import { spokenName } from '../database/spoken-name.ts'
import { canBeOrthogonal } from '../measure/flags.ts'
import type { LayerMetrics } from '../measure/layer-row.ts'
import { type ComparedMetric, comparedMetrics, describedMetric } from '../measure/metrics/registry.ts'
import { numberFormats } from '../words.ts'
import type { Finding } from './findings.ts'
import { type CalledLayer, fitsPattern } from './layer-pattern.ts'

/** What a layer must keep to; an absent limit is not checked. */
export interface Limits {
  /** Largest share of sparse filters, 0 to 1. */
  readonly max_sparsity?: number | undefined
  /** Smallest variance entropy, 0 to 0.9542. */
  readonly min_entropy?: number | undefined
  /** Smallest orthogonality. */
  readonly min_orthogonality?: number | undefined
}

/** The limit of each metric by its name in `Limits`. */
export const limitNames = {
  sparsity: 'max_sparsity',
  variance_entropy: 'min_entropy',
  orthogonality: 'min_orthogonality',
} as const satisfies Record<ComparedMetric, keyof Limits>

/** Limits for the layers that fit a pattern. */
export interface LimitRule {
  readonly pattern: string
  readonly limits: Limits
}

/** The limits of a layer: where several rules fit, the last one that sets a limit holds. */
export function limitsOfLayer(rules: readonly LimitRule[], layer: CalledLayer): Limits {
  let limits: Limits = {}
  for (const rule of rules) if (fitsPattern(rule.pattern, layer)) limits = { ...limits, ...rule.limits }
  return limits
}

/** What limits say of layers. */
export interface LimitFindings {
  /** In the order of the table. */
  readonly found: readonly Finding[]
  /** Values that have a limit and are undefined. */
  readonly undefined: number
  /** Layers that have no room for orthogonal channels (more channels than weights in each), and so are not held to a smallest orthogonality. */
  readonly exempt: number
}

/** Layers beyond their limits. */
export function limitFindings(rows: readonly LayerMetrics[], rules: readonly LimitRule[]): LimitFindings {
  const found: Finding[] = []
  let unjudged = 0
  let exempt = 0
  for (const row of rows) {
    const limits = limitsOfLayer(rules, { ...row, name: spokenName(row) })
    for (const metric of comparedMetrics) {
      const limit = limits[limitNames[metric]]
      if (limit === undefined) continue
      const value = row[metric]
      if (value === null) unjudged++
      else if (metric === 'orthogonality' && !canBeOrthogonal(row)) exempt++
      else if (isBeyond(metric, value, limit)) found.push(findingOf(row, metric, value, limit))
    }
  }
  return { found, undefined: unjudged, exempt }
}

function findingOf(row: LayerMetrics, metric: ComparedMetric, value: number, limit: number): Finding {
  const { label, format, compared } = describedMetric(metric)
  const { value: words } = numberFormats[format]
  const side = compared.better === 'lower' ? 'at most' : 'at least'
  const message = `${label.long} is ${words(value)} and must be ${side} ${words(limit)}`
  return { rule: 'limit', model: row.model, layer: row.layer, name: spokenName(row), metric, value, limit, message }
}

function isBeyond(metric: ComparedMetric, value: number, limit: number): boolean {
  return describedMetric(metric).compared.better === 'lower' ? value > limit : value < limit
}
