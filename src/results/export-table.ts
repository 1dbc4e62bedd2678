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

/** The same for a table that comes in parts. */
export interface StreamedTable extends Omit<ExportTable, 'columns'> {
  /** The columns without values. */
  readonly columns: readonly Column[]
  /** The columns of some rows after the other. */
  parts(): AsyncIterable<readonly Column[]>
}

/** A table in memory as one that comes in parts. */
export function tableInParts(table: ExportTable): StreamedTable {
  return {
    ...table,
    columns: table.columns.map((column) => sliceOf(column, 0, 0)),
    async *parts() {
      yield table.columns
    },
  }
}

/** Rows `from` to `to` (not included) of a column. */
export function sliceOf(column: Column, from: number, to: number): Column {
  return { ...column, values: column.values.slice(from, to) } as Column
}

/** Parts cut anew: `sizes` rows each, the last size again and again; what is left at the end is shorter. */
export async function* inSizes(
  parts: AsyncIterable<readonly Column[]>,
  sizes: readonly number[],
): AsyncGenerator<readonly Column[]> {
  let held: readonly Column[] = []
  let index = 0
  const rowsIn = (columns: readonly Column[]): number => columns[0]?.values.length ?? 0
  for await (const part of parts) {
    held = rowsIn(held) === 0 ? part : held.map((column, k) => joined(column, part[k]!))
    let from = 0
    for (let size = sizeAt(sizes, index); rowsIn(held) - from >= size; size = sizeAt(sizes, index)) {
      yield held.map((column) => sliceOf(column, from, from + size))
      from += size
      index++
    }
    if (from > 0) held = held.map((column) => sliceOf(column, from, column.values.length))
  }
  if (rowsIn(held) > 0) yield held
}

function sizeAt(sizes: readonly number[], index: number): number {
  return sizes[Math.min(index, sizes.length - 1)]!
}

function joined(first: Column, second: Column): Column {
  return { ...first, values: [...first.values, ...second.values] } as Column
}
