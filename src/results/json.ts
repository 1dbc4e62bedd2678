import type { GroupReport } from '../analysis/report-types.ts'
import { type LayerMetrics, layerMetricNames } from '../measure/layer-row.ts'
import type { Metric } from '../measure/metrics/metric.ts'
import { layerMetrics } from '../measure/metrics/registry.ts'
import type { CollectedRun, MeasuredLayer } from './collect.ts'

/** What `--json` prints: version, parameters, models, layers with the column names of the spec, what was left out, what failed, and where there is one the group analysis and the check against a file's own results. */
export function recordJson(
  record: CollectedRun,
  groups?: GroupReport,
  checks?: readonly unknown[],
  metrics: readonly Metric[] = layerMetrics,
): string {
  const names = layerMetricNames(metrics)
  const { version, parameters, models, layers, skipped, failed, warnings } = record
  return JSON.stringify(
    {
      version,
      parameters,
      models,
      layers: layers.map((row) => layerObject(row, names)),
      skipped,
      failed,
      warnings,
      ...(groups && { groups }),
      ...(checks && { checks }),
    },
    null,
    2,
  )
}

function layerObject(row: MeasuredLayer, names: readonly (keyof LayerMetrics)[]): Record<string, unknown> {
  const values = Object.fromEntries(names.map((key) => [key, row[key]]))
  const isWhole = Object.keys(row.undefined_because).length === 0
  return isWhole ? values : { ...values, undefined_because: row.undefined_because }
}
