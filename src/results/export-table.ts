import type { Column } from '../arrow/column.ts'

/** A table to be written in any of the formats. */
export interface ExportTable {
  /** The file's stem. */
  readonly name: string
  /** Of equal length, at least one. */
  readonly columns: readonly Column[]
  /** Kept in Arrow and Parquet files; CSV has no place for it. */
  readonly metadata: Readonly<Record<string, string>>
}
