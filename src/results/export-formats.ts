import { exportArrow } from './export-arrow.ts'
import { exportCsv } from './export-csv.ts'
import { exportParquet } from './export-parquet.ts'
import type { ExportTable } from './export-table.ts'

export const exportFormats = ['csv', 'arrow', 'parquet'] as const
export type ExportFormat = (typeof exportFormats)[number]

/** The bytes of a file of the table, the same for equal tables. A null stays a null (an empty cell in CSV). */
export function exportTable(table: ExportTable, format: ExportFormat): Uint8Array {
  if (format === 'csv') return exportCsv(table)
  return format === 'arrow' ? exportArrow(table) : exportParquet(table)
}
