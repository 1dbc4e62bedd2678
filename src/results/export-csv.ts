import type { Column } from '../arrow/column.ts'
import type { MetaValue } from '../database/meta.ts'
import type { Sink } from '../io/sink.ts'
import { csvLines } from './csv.ts'
import type { ExportTable, StreamedTable } from './export-table.ts'

/** The table as CSV in UTF-8 (RFC 4180); a list is JSON text, [1,2,3], in one cell. */
export function exportCsv({ columns }: ExportTable): Uint8Array {
  const lines = csvLines(namesOf(columns), cellsOf(columns))
  return new TextEncoder().encode([...lines].join(''))
}

/** The same bytes of a table that comes in parts. */
export async function writeCsv(sink: Sink, { columns, parts }: StreamedTable): Promise<void> {
  await writeLines(sink, csvLines(namesOf(columns), []))
  for await (const part of parts()) {
    const lines = csvLines(namesOf(part), cellsOf(part))
    lines.next() // the header is there
    await writeLines(sink, lines)
  }
  await sink.commit()
}

const LINES_AT_ONCE = 256

async function writeLines(sink: Sink, lines: Iterable<string>): Promise<void> {
  const encoder = new TextEncoder()
  let [text, count] = ['', 0]
  for (const line of lines) {
    text += line
    if (++count % LINES_AT_ONCE !== 0) continue
    await sink.write(encoder.encode(text))
    text = ''
  }
  await sink.write(encoder.encode(text))
}

function namesOf(columns: readonly Column[]): string[] {
  return columns.map(({ name }) => name)
}

function* cellsOf(columns: readonly Column[]): Generator<readonly MetaValue[]> {
  const rows = columns[0]!.values.length
  for (let k = 0; k < rows; k++)
    yield columns.map((column) => (column.type === 'float64_list' ? JSON.stringify([...column.values[k]!]) : column.values[k]!))
}
