import { plainNames } from '../arrow/fields.ts'
import type { MetaValue } from '../database/meta.ts'
import { metaOf } from '../database/provenance.ts'
import type { Flags } from '../measure/flags.ts'
import { layerMetricNames, reasonsIn } from '../measure/layer-row.ts'
import type { MeasuredLayer } from '../measure/layer-source.ts'
import type { Reasons } from '../measure/metrics/evaluate.ts'
import type { Metric } from '../measure/metrics/metric.ts'
import { comparedMetrics, layerMetrics, nullableMetrics, nullableOf, storedMetrics } from '../measure/metrics/registry.ts'
import { type Analysis, type ModelRow, modelFields } from '../measure/model-row.ts'

/**
 * Rows as CSV (RFC 4180: CRLF, quotes doubled). A null is an empty cell. A text that a spreadsheet would take for a
 * formula gets a leading apostrophe; one that holds another country's separator is quoted, so that it stays one cell. A NUL is written as
 * \u{0}: pandas ends a text there, so that two names are read as one, and Python up to 3.10 refuses the file.
 */
export function* csvLines(header: readonly string[], rows: Iterable<readonly MetaValue[]>): Generator<string> {
  yield `${header.map(cell).join(',')}\r\n`
  for (const row of rows) yield `${row.map(cell).join(',')}\r\n`
}

function cell(value: MetaValue): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  const whole = value.replaceAll('\0', '\\u{0}')
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(whole) ? `'${whole}` : whole
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/**
 * The layer table: the columns of `--json`, then why any of them is empty, and why a layer is flagged.
 * @param metrics default: all, of those that a run has to be asked for the ones that have a value
 */
export function layersCsv(layers: readonly MeasuredLayer[], metrics: readonly Metric[] = metricsIn(layers)): Generator<string> {
  const names = layerMetricNames(metrics)
  const nullable = nullableOf(metrics).map(({ name }) => name)
  const sentences = (of: Reasons | Flags, order: readonly string[]): string | null =>
    reasonsIn(of, order)
      .map(([name, why]) => `${name}: ${why}`)
      .join('; ') || null
  return csvLines(
    [...names, 'undefined_because', 'flags'],
    mapped(layers, (row) => [
      ...names.map((key) => row[key]),
      sentences(row.undefined_because, nullable),
      sentences(row.flags, comparedMetrics),
    ]),
  )
}

function metricsIn(layers: readonly MeasuredLayer[]): readonly Metric[] {
  return storedMetrics({ metrics: nullableMetrics.filter((name) => layers.some((row) => row[name] !== null)) })
}

/** The model table: its plain columns, then the metadata. */
export function modelsCsv(models: Analysis['models'], metrics: readonly Metric[] = layerMetrics): Generator<string> {
  const names = plainNames(modelFields(metrics)) as Exclude<keyof ModelRow, 'parts' | 'meta'>[]
  const meta = [...new Set(models.flatMap((row) => Object.keys(row.meta)))]
  return csvLines(
    [...names, ...meta],
    mapped(models, (row) => [...names.map((key) => row[key]), ...meta.map((key) => metaOf(row.meta, key))]),
  )
}

function* mapped<T>(rows: readonly T[], cells: (row: T) => readonly MetaValue[]): Generator<readonly MetaValue[]> {
  for (const row of rows) yield cells(row)
}
