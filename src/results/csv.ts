import type { MetaValue } from '../database/meta.ts'
import { metaOf } from '../database/provenance.ts'
import { layerMetricNames, nullableMetrics } from '../measure/layer-row.ts'
import type { Analysis, ModelRow } from '../measure/model-row.ts'
import type { MeasuredLayer } from './collect.ts'

const modelKeys = [
  'model',
  'file',
  'bytes',
  'sha256',
  'format',
  'producer',
  'opset',
  'layers',
  'filters',
  'sparse_filters',
  'sparsity',
  'variance_entropy',
  'orthogonality',
] as const satisfies readonly (keyof ModelRow)[]

/**
 * Rows as CSV (RFC 4180: CRLF, quotes doubled). A null is an empty cell. A text that a spreadsheet would take for a
 * formula gets a leading apostrophe; one that holds another country's separator is quoted, so that it stays one cell.
 */
export function* csvLines(header: readonly string[], rows: Iterable<readonly MetaValue[]>): Generator<string> {
  yield `${header.map(cell).join(',')}\r\n`
  for (const row of rows) yield `${row.map(cell).join(',')}\r\n`
}

function cell(value: MetaValue): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The layer table: the columns of `--json`, then why any of them is empty. */
export function layersCsv(layers: readonly MeasuredLayer[]): Generator<string> {
  const reasons = (row: MeasuredLayer): string | null =>
    nullableMetrics
      .filter((name) => row.undefined_because[name] !== undefined)
      .map((name) => `${name}: ${row.undefined_because[name]}`)
      .join('; ') || null
  return csvLines(
    [...layerMetricNames, 'undefined_because'],
    mapped(layers, (row) => [...layerMetricNames.map((key) => row[key]), reasons(row)]),
  )
}

/** The model table: the columns of `--json`, then the metadata. */
export function modelsCsv(models: Analysis['models']): Generator<string> {
  const meta = [...new Set(models.flatMap((row) => Object.keys(row.meta)))]
  return csvLines(
    [...modelKeys, ...meta],
    mapped(models, (row) => [...modelKeys.map((key) => row[key]), ...meta.map((key) => metaOf(row.meta, key))]),
  )
}

function* mapped<T>(rows: readonly T[], cells: (row: T) => readonly MetaValue[]): Generator<readonly MetaValue[]> {
  for (const row of rows) yield cells(row)
}
