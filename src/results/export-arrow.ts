import { batchOf, schemaOf } from '../arrow/columns.ts'
import { arrowFileBytes, arrowFileWriter } from '../arrow/writer.ts'
import type { Sink } from '../io/sink.ts'
import { type ExportTable, inSizes, type StreamedTable, sliceOf } from './export-table.ts'
import { ROWS_PER_BATCH } from './tables.ts'

/** The table as an Arrow IPC file. */
export function exportArrow({ columns, metadata }: ExportTable): Uint8Array {
  const schema = schemaOf(columns, metadata)
  const rows = columns[0]!.values.length
  const batches = []
  for (let from = 0; from < rows; from += ROWS_PER_BATCH)
    batches.push(
      batchOf(
        schema,
        columns.map((column) => sliceOf(column, from, from + ROWS_PER_BATCH)),
      ),
    )
  return arrowFileBytes(schema, batches)
}

/** The same bytes of a table that comes in parts. */
export async function writeArrow(sink: Sink, { columns, metadata, parts }: StreamedTable): Promise<void> {
  const schema = schemaOf(columns, metadata)
  const file = arrowFileWriter(sink, schema)
  for await (const part of inSizes(parts(), [ROWS_PER_BATCH])) await file.write(batchOf(schema, part))
  await file.commit()
}
