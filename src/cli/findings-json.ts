import type { CheckReport } from './check-report.ts'

/** One JSON value for a script. */
export function findingsJson({ found, judged, ignored, undefinedValues, limits, failed }: CheckReport): string {
  return JSON.stringify(
    {
      passed: found.length === 0 && failed.length === 0,
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
