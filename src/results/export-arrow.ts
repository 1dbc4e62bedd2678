import type { Column } from '../arrow/column.ts'
import { batchOf, schemaOf } from '../arrow/columns.ts'
import { arrowFileBytes } from '../arrow/writer.ts'
import type { ExportTable } from './export-table.ts'
import { ROWS_PER_BATCH } from './tables.ts'

/** The table as an Arrow IPC file. */
export function exportArrow({ columns, metadata }: ExportTable): Uint8Array {
  const schema = schemaOf(columns, metadata)
  const rows = columns[0]!.values.length
  const batches = []
  for (let from = 0; from < rows; from += ROWS_PER_BATCH) {
    const part = columns.map((column) => ({ ...column, values: column.values.slice(from, from + ROWS_PER_BATCH) }) as Column)
    batches.push(batchOf(schema, part))
  }
  return arrowFileBytes(schema, batches)
}
