import type { RecordBatch, Schema } from 'apache-arrow'
import type { Column } from '../arrow/column.ts'
import { batchOf, schemaOf } from '../arrow/columns.ts'
import { arrowFileBytes, arrowFileWriter } from '../arrow/writer.ts'
import { provenanceColumns, withMeta } from '../database/provenance.ts'
import type { OutputFolder, Sink } from '../io/sink.ts'
import { writeFile } from '../io/sink.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { nullableMetrics } from '../measure/layer-row.ts'
import type { Analysis, ModelRow, Parameters } from '../measure/model-row.ts'
import { tableFiles } from './table-files.ts'

/** Rows per record batch of every table: fixed, so that a table's bytes depend on its rows alone. */
export const ROWS_PER_BATCH = 1024

export { tableFiles }

/** Columns of the layer table, in order: the metrics, why any is null, and the sufficient statistics. */
export function layerColumns(rows: readonly LayerRow[]): Column[] {
  const texts = (name: 'model' | 'layer' | 'kernel'): Column => ({ name, type: 'utf8', values: rows.map((row) => row[name]) })
  const integers = (
    name: 'layer_id' | 'depth' | 'conv_depth' | 'in_channels' | 'out_channels' | 'groups' | 'filters' | 'sparse_filters',
  ): Column => ({
    name,
    type: 'int32',
    values: rows.map((row) => row[name]),
  })
  const numbers = (
    name: 'peak' | 'norm_l1' | 'norm_l2' | 'conv_depth_norm' | (typeof nullableMetrics)[number],
    nullable = false,
  ): Column => ({
    name,
    type: 'float64',
    nullable,
    values: rows.map((row) => row[name]),
  })
  const moments = (name: 'scaled' | 'raw' | 'clean'): Column[] => [
    { name: `${name}_count`, type: 'int32', values: rows.map((row) => row[name].count) },
    { name: `${name}_mean`, type: 'float64_list', values: rows.map((row) => row[name].mean) },
    { name: `${name}_scatter`, type: 'float64_list', values: rows.map((row) => row[name].scatter) },
  ]
  return [
    texts('model'),
    texts('layer'),
    integers('layer_id'),
    texts('kernel'),
    integers('depth'),
    integers('conv_depth'),
    numbers('conv_depth_norm', true),
    integers('in_channels'),
    integers('out_channels'),
    integers('groups'),
    integers('filters'),
    numbers('peak'),
    integers('sparse_filters'),
    numbers('sparsity', true),
    numbers('variance_entropy', true),
    numbers('variance_entropy_raw', true),
    numbers('variance_entropy_raw_norm', true),
    numbers('variance_entropy_clean', true),
    numbers('variance_entropy_clean_norm', true),
    numbers('orthogonality', true),
    numbers('norm_l1'),
    numbers('norm_l2'),
    numbers('norm_l1_standardised', true),
    numbers('norm_l2_standardised', true),
    { name: 'undefined_because', type: 'utf8', nullable: true, values: rows.map((row) => reasonsText(row)) },
    ...moments('scaled'),
    ...moments('raw'),
    ...moments('clean'),
  ]
}

/** Reasons as JSON with the metrics in the order of the columns; null when nothing is undefined. */
function reasonsText({ undefined_because }: LayerRow): string | null {
  const known = nullableMetrics.filter((name) => undefined_because[name] !== undefined)
  return known.length === 0 ? null : JSON.stringify(Object.fromEntries(known.map((name) => [name, undefined_because[name]])))
}

/** Columns of the model table; a metadata column that is called like one of ours becomes "meta.<name>". */
export function modelColumns(rows: readonly ModelRow[]): { columns: Column[]; metaKeys: [column: string, key: string][] } {
  const columns: Column[] = [
    ...provenanceColumns(rows),
    { name: 'layers', type: 'int32', values: rows.map((row) => row.layers) },
    { name: 'filters', type: 'int64', values: rows.map((row) => row.filters) },
    { name: 'sparse_filters', type: 'int64', values: rows.map((row) => row.sparse_filters) },
    { name: 'sparsity', type: 'float64', nullable: true, values: rows.map((row) => row.sparsity) },
    { name: 'variance_entropy', type: 'float64', nullable: true, values: rows.map((row) => row.variance_entropy) },
    { name: 'orthogonality', type: 'float64', nullable: true, values: rows.map((row) => row.orthogonality) },
  ]
  return withMeta(columns, rows)
}

export function skippedColumns(rows: Analysis['skipped']): Column[] {
  return [
    { name: 'model', type: 'utf8', values: rows.map((row) => row.model) },
    { name: 'name', type: 'utf8', values: rows.map((row) => row.name) },
    { name: 'kind', type: 'utf8', values: rows.map((row) => row.kind) },
    { name: 'shape', type: 'utf8', values: rows.map((row) => row.shape.join('x')) },
    { name: 'reason', type: 'utf8', values: rows.map((row) => row.reason) },
  ]
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

function layerSchema(version: string, parameters: Parameters): Schema {
  return schemaOf(layerColumns([]), provenance('results.layers', version, parameters))
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
export function layerTableBytes(analysis: Pick<Analysis, 'version' | 'parameters' | 'layers'>): Uint8Array {
  const schema = layerSchema(analysis.version, analysis.parameters)
  return arrowFileBytes(schema, [...batchesOf(schema, analysis.layers, layerColumns)])
}

/** The model table as an Arrow IPC file; it also carries what failed and the warnings. */
export function modelTableBytes(analysis: Omit<Analysis, 'layers' | 'skipped'>): Uint8Array {
  const { columns, metaKeys } = modelColumns(analysis.models)
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

/** A table that grows row by row with bounded memory. */
export interface TableWriter<Row> {
  write(row: Row): Promise<void>
  commit(): Promise<void>
  discard(): Promise<void>
}

/** A layer table that grows row by row; its bytes are those of `layerTableBytes`. */
export type LayerTableWriter = TableWriter<LayerRow>

export function layerTableWriter(sink: Sink, version: string, parameters: Parameters): LayerTableWriter {
  return tableWriter(sink, layerSchema(version, parameters), layerColumns)
}

/** The table of what was not measured, row by row; its bytes are those of `skippedTableBytes`. */
export function skippedTableWriter(
  sink: Sink,
  version: string,
  parameters: Parameters,
): TableWriter<Analysis['skipped'][number]> {
  return tableWriter(sink, skippedSchema(version, parameters), skippedColumns)
}

function tableWriter<Row>(sink: Sink, schema: Schema, columns: (rows: readonly Row[]) => readonly Column[]): TableWriter<Row> {
  const file = arrowFileWriter(sink, schema)
  let rows: Row[] = []
  const flush = async (): Promise<void> => {
    if (rows.length > 0) await file.write(batchOf(schema, columns(rows)))
    rows = []
  }
  return {
    async write(row) {
      rows.push(row)
      if (rows.length === ROWS_PER_BATCH) await flush()
    },
    async commit() {
      await flush()
      await file.commit()
    },
    discard: () => file.discard(),
  }
}
