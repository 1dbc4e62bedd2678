import { groupedNames } from '../analysis/report-names.ts'
import { isPlainRecord } from '../arrow/fields.ts'
import type { Metric } from '../measure/metrics/metric.ts'
import { layerMetrics, overallOf } from '../measure/metrics/registry.ts'

// Earlier versions wrote a group analysis without the metrics that came later. What it lacks is unknown: null, as in the tables.

const later = new Set(layerMetrics.flatMap(({ name, inOlderTables }: Metric) => (inOlderTables === undefined ? [] : [name])))
const laterOverall = overallOf(layerMetrics).flatMap(({ name }) => (later.has(name) ? [name] : []))
const laterCompared = groupedNames.filter((name) => later.has(name))

/** A row of models, or of models or groups by depth, with null for what an earlier version did not measure. */
export function withLaterMetrics(row: unknown): unknown {
  return filled(row, laterOverall, () => null)
}

/** A pair, with null for what an earlier version did not compare. */
export function withLaterComparisons(row: unknown): unknown {
  if (!isPlainRecord(row)) return row
  return { ...row, metrics: filled(row['metrics'], laterCompared, () => ({ a: null, b: null, difference: null })) }
}

/** What stands outside the lists of models, pairs, and rows by model and depth, likewise. */
export function withLaterPools(report: unknown): unknown {
  if (!isPlainRecord(report) || !Array.isArray(report['pooled_depth'])) return report
  return { ...report, pooled_depth: report['pooled_depth'].map(withLaterMetrics) }
}

/** Members that are there stay as they are, and where they are; what is no record is for the check to refuse. */
function filled(row: unknown, names: readonly string[], absent: () => unknown): unknown {
  if (!isPlainRecord(row)) return row
  const missing = names.filter((name) => !Object.hasOwn(row, name))
  return missing.length === 0 ? row : { ...row, ...Object.fromEntries(missing.map((name) => [name, absent()])) }
}
