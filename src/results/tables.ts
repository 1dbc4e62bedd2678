import type { RecordBatch, Schema } from 'apache-arrow'
import type { Column } from '../arrow/column.ts'
import { batchOf, schemaOf } from '../arrow/columns.ts'
import { columnsOf } from '../arrow/fields.ts'
import { arrowFileBytes } from '../arrow/writer.ts'
import { withMeta } from '../database/provenance.ts'
import type { OutputFolder, Sink } from '../io/sink.ts'
import { writeFile } from '../io/sink.ts'
import { type LayerRow, layerFields } from '../measure/layer-row.ts'
import type { Metric } from '../measure/metrics/metric.ts'
import { layerMetrics, storedMetrics } from '../measure/metrics/registry.ts'
import { type Analysis, type ModelRow, modelFields, type Parameters, skippedFields } from '../measure/model-row.ts'
import { ROWS_PER_BATCH, type TableWriter } from './growing-table.ts'
import { tableFiles } from './table-files.ts'
import { tableWriter } from './table-writer.ts'

export { ROWS_PER_BATCH, type TableWriter, tableFiles }

/** Columns of the layer table, in order: the metrics, why any is null, and the sufficient statistics. */
export function layerColumns(rows: readonly LayerRow[], metrics: readonly Metric[] = layerMetrics): Column[] {
  return columnsOf(layerFields(metrics), rows)
}

/** Columns of the model table; a metadata column that is called like one of ours becomes "meta.<name>". */
export function modelColumns(
  rows: readonly ModelRow[],
  metrics: readonly Metric[] = layerMetrics,
): { columns: Column[]; metaKeys: [column: string, key: string][] } {
  return withMeta(columnsOf(modelFields(metrics), rows), rows)
}

export function skippedColumns(rows: Analysis['skipped']): Column[] {
  return columnsOf(skippedFields, rows)
}
/** Provenance that every table carries in its schema's metadata. */
function provenance(kind: string, version: string, parameters: Parameters): Record<string, string> {
  return {
    'filterlens.kind': kind,
    'filterlens.version': version,
    'filterlens.parameters': parametersText(parameters),
  }
}

/** Parameters as JSON with sorted keys. */
export function parametersText(parameters: Parameters): string {
  return JSON.stringify(Object.fromEntries(Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))))
}

function skippedSchema(version: string, parameters: Parameters): Schema {
  return schemaOf(skippedColumns([]), provenance('results.skipped', version, parameters))
}

function* batchesOf<T>(
  schema: Schema,
  rows: readonly T[],
  columns: (rows: readonly T[]) => readonly Column[],
): Generator<RecordBatch> {
  for (let from = 0; from < rows.length; from += ROWS_PER_BATCH) {
    yield batchOf(schema, columns(rows.slice(from, from + ROWS_PER_BATCH)))
  }
}

/** The layer table as an Arrow IPC file. */
export function layerTableBytes(
  analysis: Pick<Analysis, 'version' | 'parameters' | 'layers'>,
  metrics: readonly Metric[] = storedMetrics(analysis.parameters),
): Uint8Array {
  const columns = (rows: readonly LayerRow[]): Column[] => layerColumns(rows, metrics)
  const schema = schemaOf(columns([]), provenance('results.layers', analysis.version, analysis.parameters))
  return arrowFileBytes(schema, [...batchesOf(schema, analysis.layers, columns)])
}

/** The model table as an Arrow IPC file; it also carries what failed and the warnings. */
export function modelTableBytes(
  analysis: Omit<Analysis, 'layers' | 'skipped'>,
  metrics: readonly Metric[] = layerMetrics,
): Uint8Array {
  const { columns, metaKeys } = modelColumns(analysis.models, metrics)
  const schema = schemaOf(columns, {
    ...provenance('results.models', analysis.version, analysis.parameters),
    'filterlens.meta': JSON.stringify(metaKeys),
    'filterlens.failed': JSON.stringify(analysis.failed),
    'filterlens.warnings': JSON.stringify(analysis.warnings),
  })
  return arrowFileBytes(schema, analysis.models.length === 0 ? [] : [batchOf(schema, columns)])
}

/** The table of what was not measured, as an Arrow IPC file. */
export function skippedTableBytes(analysis: Pick<Analysis, 'version' | 'parameters' | 'skipped'>): Uint8Array {
  const schema = skippedSchema(analysis.version, analysis.parameters)
  return arrowFileBytes(schema, [...batchesOf(schema, analysis.skipped, skippedColumns)])
}

/** Writes the three tables of an analysis to a folder. */
export async function writeTables(folder: OutputFolder, analysis: Analysis): Promise<void> {
  await writeFile(folder, tableFiles.layers, layerTableBytes(analysis))
  await writeFile(folder, tableFiles.skipped, skippedTableBytes(analysis))
  await writeFile(folder, tableFiles.models, modelTableBytes(analysis))
}

/** A layer table that grows row by row; its bytes are those of `layerTableBytes`. */
export type LayerTableWriter = TableWriter<LayerRow>

export function layerTableWriter(sink: Sink, version: string, parameters: Parameters): LayerTableWriter {
  const columns = (rows: readonly LayerRow[]): Column[] => layerColumns(rows, storedMetrics(parameters))
  return tableWriter(sink, schemaOf(columns([]), provenance('results.layers', version, parameters)), columns)
}

/** The table of what was not measured, row by row; its bytes are those of `skippedTableBytes`. */
export function skippedTableWriter(
  sink: Sink,
  version: string,
  parameters: Parameters,
): TableWriter<Analysis['skipped'][number]> {
  return tableWriter(sink, skippedSchema(version, parameters), skippedColumns)
}
