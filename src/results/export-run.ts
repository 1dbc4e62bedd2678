import type { Metric } from '../measure/metrics/metric.ts'
import { layerMetrics } from '../measure/metrics/registry.ts'
import type { Analysis } from '../measure/model-row.ts'
import type { ExportTable } from './export-table.ts'
import { layerColumns, modelColumns, parametersText, skippedColumns } from './tables.ts'

/** The tables of a run: layers with their sufficient statistics, models with their metadata, and what was not measured. */
export function runTables(
  analysis: Pick<Analysis, 'version' | 'parameters' | 'models' | 'layers' | 'skipped'>,
  metrics: readonly Metric[] = layerMetrics,
): ExportTable[] {
  const metadata = { 'filterlens.version': analysis.version, 'filterlens.parameters': parametersText(analysis.parameters) }
  return [
    { name: 'layers', columns: layerColumns(analysis.layers, metrics), metadata },
    { name: 'models', columns: modelColumns(analysis.models, metrics).columns, metadata },
    { name: 'skipped', columns: skippedColumns(analysis.skipped), metadata },
  ]
}
