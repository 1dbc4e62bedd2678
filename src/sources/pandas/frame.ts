import type { PyValue } from '../pickle/values.ts'

/** A table by columns. Cells are what the file holds: NaN is NaN, a missing object may be null or NaN. */
export interface Frame {
  readonly rows: number
  /** Names of the index's levels; "" for an unnamed one. */
  readonly indexNames: readonly string[]
  /** One array of `rows` cells per level. */
  readonly index: readonly (readonly PyValue[])[]
  readonly columns: readonly string[]
  /** By column name; of columns of the same name the first. */
  readonly cells: ReadonlyMap<string, readonly PyValue[]>
  /** Callables by which pickles in it would run code if Python loaded them. */
  readonly unsafe?: ReadonlySet<string>
}

/** A cell by column name, or by the name of an index level where there is no such column. */
export function cellOf(frame: Frame, name: string, row: number): PyValue | undefined {
  const column = frame.cells.get(name) ?? frame.index[frame.indexNames.indexOf(name)]
  return column?.[row]
}

/** A finite number of a cell; undefined for anything else. */
export function finiteNumber(cell: PyValue | undefined): number | undefined {
  return typeof cell === 'number' && Number.isFinite(cell) ? cell : undefined
}
