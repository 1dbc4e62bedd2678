import { type CheckReport, hasPassed } from './check-report.ts'

/** One JSON value for a script. */
export function findingsJson(report: CheckReport): string {
  const { found, judged, ignored, undefinedValues, limits, failed } = report
  return JSON.stringify(
    {
      passed: hasPassed(report),
      limits,
      layers: judged.length,
      ignored_layers: ignored,
      undefined_values: undefinedValues,
      violations: found,
      failed,
    },
    null,
    2,
  )
}
