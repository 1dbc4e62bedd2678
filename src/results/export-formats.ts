import { exportArrow } from './export-arrow.ts'
import { exportCsv } from './export-csv.ts'
import { exportParquet } from './export-parquet.ts'
import type { ExportTable } from './export-table.ts'

export const exportFormats = ['csv', 'arrow', 'parquet'] as const
export type ExportFormat = (typeof exportFormats)[number]

/**
 * A table as the bytes of a CSV, Arrow or Parquet file: the same for equal tables. A null stays a null (an empty cell in CSV).
 * `table`: one of `runTables` (layers, models, skipped) or `groupTables`.
 * @example
 * const [layers] = runTables(await analyze(await listInputs(['net.onnx'])))
 * await writeFile('layers.parquet', exportTable(layers, 'parquet'))
 */
export function exportTable(table: ExportTable, format: ExportFormat): Uint8Array {
  if (format === 'csv') return exportCsv(table)
  return format === 'arrow' ? exportArrow(table) : exportParquet(table)
}
