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

/** What a column's values are read from: its name, its type, and the value of a row. */
export type ExportField<T> =
  | readonly [name: string, type: 'utf8', value: (row: T) => string | null]
  | readonly [name: string, type: 'int32' | 'int64' | 'float64', value: (row: T) => number | null]
  | readonly [name: string, type: 'float64_list', value: (row: T) => ArrayLike<number> | null]

/** Columns of rows. Numbers and texts may be null everywhere; an undefined list is empty. */
export function exportColumns<T>(rows: readonly T[], fields: readonly ExportField<T>[]): Column[] {
  return fields.map(([name, type, value]): Column => {
    if (type === 'utf8') return { name, type, nullable: true, values: rows.map((row) => value(row) as string | null) }
    if (type === 'float64_list')
      return { name, type, values: rows.map((row) => Float64Array.from((value(row) ?? []) as ArrayLike<number>)) }
    return { name, type, nullable: true, values: rows.map((row) => value(row) as number | null) }
  })
}
