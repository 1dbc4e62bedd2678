/** Rows per record batch of every table: fixed, so that a table's bytes depend on its rows alone. */
export const ROWS_PER_BATCH = 1024

/** A table that grows row by row with bounded memory. */
export interface TableWriter<Row> {
  write(row: Row): Promise<void>
  commit(): Promise<void>
  discard(): Promise<void>
}
