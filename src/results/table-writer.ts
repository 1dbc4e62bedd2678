import type { Schema } from 'apache-arrow'
import type { Column } from '../arrow/column.ts'
import { batchOf } from '../arrow/columns.ts'
import { arrowFileWriter } from '../arrow/writer.ts'
import type { Sink } from '../io/sink.ts'

/** Rows per record batch of every table: fixed, so that a table's bytes depend on its rows alone. */
export const ROWS_PER_BATCH = 1024

/** A table that grows row by row with bounded memory. */
export interface TableWriter<Row> {
  write(row: Row): Promise<void>
  commit(): Promise<void>
  discard(): Promise<void>
}

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
