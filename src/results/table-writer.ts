import type { Schema } from 'apache-arrow'
import type { Column } from '../arrow/column.ts'
import { batchOf } from '../arrow/columns.ts'
import { arrowFileWriter } from '../arrow/writer.ts'
import type { Sink } from '../io/sink.ts'
import { ROWS_PER_BATCH, type TableWriter } from './growing-table.ts'

/** A table of any rows that grows row by row. */
export function tableWriter<Row>(
  sink: Sink,
  schema: Schema,
  columns: (rows: readonly Row[]) => readonly Column[],
): TableWriter<Row> {
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
