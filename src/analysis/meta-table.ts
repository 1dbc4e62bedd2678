import type { MetaValue } from '../database/meta.ts'
import { InputError } from '../errors.ts'
import { findColumn, parseCsvTable } from './csv-table.ts'

/** What is known about models beyond their files: one row a model. */
export interface MetaTable {
  readonly file: string
  /** Without the name column. */
  readonly columns: readonly string[]
  readonly rows: readonly { readonly name: string; readonly line: number; readonly values: Readonly<Record<string, MetaValue>> }[]
}

/** Cells that mean "not known". */
const missing = new Set(['', 'nan', 'na', 'n/a', 'null', 'none'])
const number = /^[+-]?(0|[1-9]\d*|(?=\.))(\.\d*)?([eE][+-]?\d+)?$/
const logical = /^(true|false)$/i

/**
 * Reads the paper's meta table: a column `Name` (the model's name: its file's stem), and any others. A column whose cells are all
 * numbers becomes numbers (whole ones beyond 2^53 stay text, to the digit), all True/False booleans, else text; empty cells and "nan" are null.
 * `names`: the column of the names, where it is another one.
 * @throws InputError for a table without Name, a name that is empty or stands twice
 */
export function parseMeta(file: string, text: string, names: string = 'Name'): MetaTable {
  const table = parseCsvTable(file, text)
  const nameColumn = findColumn(table.columns, names)
  if (nameColumn < 0)
    throw new InputError(
      file,
      `has no column "${names}" that says which model a row is about (its columns: ${table.columns.join(', ')}); --name-column says which one does`,
    )
  const lines = new Map<string, number>()
  for (const { line, cells } of table.rows) {
    const name = cells[nameColumn]!
    if (name === '') throw new InputError(file, `line ${line} has no name`)
    const before = lines.get(name)
    if (before !== undefined)
      throw new InputError(file, `lines ${before} and ${line} are both about the model "${name}"; keep one`)
    lines.set(name, line)
  }
  const kept = table.columns.map((name, index) => ({ name, index })).filter(({ index }) => index !== nameColumn)
  const readers = kept.map(({ index }) => readerOf(table.rows.map(({ cells }) => cells[index]!)))
  return {
    file,
    columns: kept.map(({ name }) => name),
    rows: table.rows.map(({ line, cells }) => ({
      name: cells[nameColumn]!,
      line,
      values: Object.fromEntries(kept.map(({ name, index }, k) => [name, readers[k]!(cells[index]!)])),
    })),
  }
}

/** A whole number that a double does not hold, such as an id of 19 digits: it stays text. */
function isRounded(cell: string): boolean {
  return /^[+-]?\d+$/.test(cell) && !Number.isSafeInteger(Number(cell))
}

/** One type for a whole column, so that it stays one column in every export. */
function readerOf(cells: readonly string[]): (cell: string) => MetaValue {
  const known = cells.filter((cell) => !missing.has(cell.toLowerCase()))
  const read: (cell: string) => MetaValue = known.every((cell) => logical.test(cell))
    ? (cell) => cell.toLowerCase() === 'true'
    : known.every((cell) => number.test(cell) && Number.isFinite(Number(cell)) && !isRounded(cell))
      ? Number
      : (cell) => cell
  return (cell) => (missing.has(cell.toLowerCase()) ? null : read(cell))
}
