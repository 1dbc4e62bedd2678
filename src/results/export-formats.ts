import type { Sink } from '../io/sink.ts'
import { exportArrow, writeArrow } from './export-arrow.ts'
import { exportCsv, writeCsv } from './export-csv.ts'
import { exportLatex, writeLatex } from './export-latex.ts'
import { exportParquet, writeParquet } from './export-parquet.ts'
import type { ExportTable, StreamedTable } from './export-table.ts'

export const exportFormats = ['csv', 'arrow', 'parquet', 'latex'] as const
export type ExportFormat = (typeof exportFormats)[number]

/**
 * A table as the bytes of a CSV, Arrow, Parquet or LaTeX file: the same for equal tables. A null stays a null (an empty cell in CSV).
 * `table`: one of `runTables` (layers, models, skipped) or `groupTables`.
 * @example
 * const [layers] = runTables(await analyze(await listInputs(['net.onnx'])))
 * await writeFile('layers.parquet', exportTable(layers, 'parquet'))
 */
export function exportTable(table: ExportTable, format: ExportFormat): Uint8Array {
  if (format === 'csv') return exportCsv(table)
  if (format === 'latex') return exportLatex(table)
  return format === 'arrow' ? exportArrow(table) : exportParquet(table)
}

const writers = { csv: writeCsv, arrow: writeArrow, parquet: writeParquet, latex: writeLatex } as const

/** Writes the same bytes of a table that comes in parts, and gives the file its name; after a failure nothing is left. */
export async function writeTable(sink: Sink, table: StreamedTable, format: ExportFormat): Promise<void> {
  try {
    await writers[format](sink, table)
  } catch (error) {
    await sink.discard()
    throw error
  }
}

/** The ending of a file of that format, without the dot. */
export function formatEnding(format: ExportFormat): string {
  return format === 'latex' ? 'tex' : format
}
