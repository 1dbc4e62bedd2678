import type { GroupReport } from '../analysis/report-types.ts'
import type { Studies } from '../analysis/study-types.ts'
import { type LayerMetrics, layerMetricNames } from '../measure/layer-row.ts'
import type { MeasuredLayer } from '../measure/layer-source.ts'
import type { Metric } from '../measure/metrics/metric.ts'
import { storedMetrics } from '../measure/metrics/registry.ts'
import type { CollectedRun } from './collect.ts'

/** What `--json` prints: version, parameters, models, layers with the column names of the spec, what was left out, what failed, and where there is one the group analysis and the check against a file's own results. */
export function recordJson(
  record: CollectedRun,
  groups?: GroupReport,
  checks?: readonly unknown[],
  metrics: readonly Metric[] = storedMetrics(record.parameters),
): string {
  return [...recordJsonParts(record, groups, checks, metrics)].join('')
}

/** The same in pieces of at most one row, or one value that is no list: a million rows are no string of their own. */
export function* recordJsonParts(
  { version, parameters, models, layers, skipped, failed, warnings }: CollectedRun,
  groups?: GroupReport,
  checks?: readonly unknown[],
  metrics: readonly Metric[] = storedMetrics(parameters),
  studies?: Studies,
): Generator<string> {
  const names = layerMetricNames(metrics)
  yield '{'
  yield* member('', 'version', version)
  yield* member(',', 'parameters', parameters)
  yield* member(',', 'models', models)
  yield* member(',', 'layers', layers, (row) => layerObject(row, names))
  yield* member(',', 'skipped', skipped)
  yield* member(',', 'failed', failed)
  yield* member(',', 'warnings', warnings)
  if (groups) yield* member(',', 'groups', groups)
  if (studies) yield* member(',', 'studies', studies)
  if (checks) yield* member(',', 'checks', checks)
  yield '\n}'
}

/** A member of the outermost object as JSON.stringify indents it by two. */
function* member<T>(
  comma: string,
  name: string,
  value: readonly T[] | string | object,
  written: (item: T) => unknown = (item) => item,
): Generator<string> {
  yield `${comma}\n  ${JSON.stringify(name)}: `
  if (!Array.isArray(value) || value.length === 0) {
    yield indented(value, 2)
    return
  }
  let before = '[\n    '
  for (const item of value as readonly T[]) {
    yield before + indented(written(item), 4)
    before = ',\n    '
  }
  yield '\n  ]'
}

/** No string in JSON holds a line break as it is. */
function indented(value: unknown, by: number): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${' '.repeat(by)}`)
}

function layerObject(row: MeasuredLayer, names: readonly (keyof LayerMetrics)[]): Record<string, unknown> {
  const { undefined_because, flags } = row
  const isWhole = Object.keys(undefined_because).length === 0
  return { ...Object.fromEntries(names.map((key) => [key, row[key]])), ...(!isWhole && { undefined_because }), flags }
}
