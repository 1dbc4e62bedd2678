import type { GroupReport } from '../analysis/report-types.ts'
import { layerMetricNames, nullableMetrics } from '../measure/layer-row.ts'
import type { CollectedRun, MeasuredLayer } from './collect.ts'

/** What `--json` prints: version, parameters, models, layers with the column names of the spec, what was left out, what failed, and where there is one the group analysis and the check against a file's own results. */
export function recordJson(record: CollectedRun, groups?: GroupReport, checks?: readonly unknown[]): string {
  const { version, parameters, models, layers, skipped, failed, warnings } = record
  return JSON.stringify(
    {
      version,
      parameters,
      models,
      layers: layers.map(layerObject),
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

function layerObject(row: MeasuredLayer): Record<string, unknown> {
  const values = Object.fromEntries(layerMetricNames.map((key) => [key, row[key]]))
  const undefinedOnes = nullableMetrics.some((name) => row[name] === null)
  return undefinedOnes ? { ...values, undefined_because: row.undefined_because } : values
}
