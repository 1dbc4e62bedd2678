import type { Column } from '../arrow/column.ts'
import type { RowSource, StreamedRun } from '../measure/layer-source.ts'
import type { Metric } from '../measure/metrics/metric.ts'
import { storedMetrics } from '../measure/metrics/registry.ts'
import type { Analysis } from '../measure/model-row.ts'
import { type ExportTable, type StreamedTable, tableInParts } from './export-table.ts'
import { layerColumns, modelColumns, parametersText, skippedColumns } from './tables.ts'

/** The tables of a run: layers with their sufficient statistics, models with their metadata, and what was not measured. */
export function runTables(
  analysis: Pick<Analysis, 'version' | 'parameters' | 'models' | 'layers' | 'skipped'>,
  metrics: readonly Metric[] = storedMetrics(analysis.parameters),
): ExportTable[] {
  const metadata = metadataOf(analysis)
  return [
    { name: 'layers', columns: layerColumns(analysis.layers, metrics), metadata },
    { name: 'models', columns: modelColumns(analysis.models, metrics).columns, metadata },
    { name: 'skipped', columns: skippedColumns(analysis.skipped), metadata },
  ]
}

/** The same tables in parts: what is held is the models, and one part. */
export function tablesOfRun(run: StreamedRun): StreamedTable[] {
  const metadata = metadataOf(run)
  const inParts = <Row>(
    name: string,
    source: RowSource<Row>,
    columns: (rows: readonly Row[]) => readonly Column[],
  ): StreamedTable => ({
    name,
    metadata,
    columns: columns([]),
    async *parts() {
      for await (const part of source.rows()) yield columns(part)
    },
  })
  return [
    inParts('layers', run.layers, (rows) => layerColumns(rows, storedMetrics(run.parameters))),
    tableInParts({ name: 'models', columns: modelColumns(run.models).columns, metadata }),
    inParts('skipped', run.skipped, skippedColumns),
  ]
}

function metadataOf({ version, parameters }: Pick<Analysis, 'version' | 'parameters'>): ExportTable['metadata'] {
  return { 'filterlens.version': version, 'filterlens.parameters': parametersText(parameters) }
}
