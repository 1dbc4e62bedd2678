import type { MetaValue } from '../database/meta.ts'
import { csvLines } from './csv.ts'
import type { ExportTable } from './export-table.ts'

/** The table as CSV in UTF-8 (RFC 4180); a list is JSON text, [1,2,3], in one cell. */
export function exportCsv({ columns }: ExportTable): Uint8Array {
  const rows = columns[0]!.values.length
  function* cells(): Generator<readonly MetaValue[]> {
    for (let k = 0; k < rows; k++) {
      yield columns.map((column) => (column.type === 'float64_list' ? JSON.stringify([...column.values[k]!]) : column.values[k]!))
    }
  }
  const lines = csvLines(
    columns.map(({ name }) => name),
    cells(),
  )
  return new TextEncoder().encode([...lines].join(''))
}
