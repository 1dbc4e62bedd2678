import { InputError } from '../errors.ts'
import type { Column } from './column.ts'
import type { ArrowTable } from './table.ts'

// A table is described once, by the fields of its rows: from them follow the type of a row, the columns that are stored, the
// reading back, and the table in the docs. Nothing here loads the Arrow library.

/** What a person needs to know about a column. */
export interface About {
  /** What the value is, in a phrase. */
  readonly meaning: string
  /** Unit of a number, where it has one. */
  readonly unit?: string
  /** Who computes or knows it. */
  readonly by: string
}

/** What a cell of a stored table can be. */
export type Cell = string | number | Float64Array | null

type StoredType = Exclude<Column['type'], 'bool'>

/** A member of a row that is stored in one column. */
export interface Field<Value> extends About {
  readonly type: StoredType
  readonly nullable: boolean
  /** Turns a value into its cell and back; absent: the value is the cell. `value` gives undefined for a member that the row does not have. */
  readonly code?: { cell(value: Value): Cell; value(cell: Cell, table: ArrowTable, row: number): Value }
  /** Of a column that older tables lack: its value from the row's other members. Absent: every table must have the column. */
  readonly absent?: (row: Readonly<Record<string, unknown>>) => Value
}

/** A member of a row that is a record of its own; its columns are called `<member>_<its member>`. */
export interface Nested<Record = never> {
  readonly fields: Fields
  /** What is wrong with a record that was read; undefined: nothing. */
  readonly problem?: (record: Record, name: string) => string | undefined
}

/** The members of a row, in the order of the columns. */
export interface Fields {
  readonly [name: string]: Field<unknown> | Nested
}

type ValueOf<F> = F extends { readonly fields: infer Inner } ? RowOf<Inner> : F extends Field<infer Value> ? Value : never
type Members<F> = { readonly [K in keyof F]: ValueOf<F[K]> }

/** The row that fields describe. A member that may be undefined may be absent. */
export type RowOf<F> = {
  readonly [K in keyof F as undefined extends Members<F>[K] ? never : K]: Members<F>[K]
} & {
  readonly [K in keyof F as undefined extends Members<F>[K] ? K : never]?: Exclude<Members<F>[K], undefined>
}

/** A text. */
export function textField(meaning: string, by: string): Field<string> {
  return { type: 'utf8', nullable: false, meaning, by }
}

/** A number of one of the stored types: whole numbers of 32 or 64 bits (of the latter those up to 2^53), or a double. */
export function numberField(type: 'int32' | 'int64' | 'float64', meaning: string, by: string, unit?: string): Field<number> {
  return { type, nullable: false, meaning, by, ...(unit !== undefined && { unit }) }
}

/** A list of doubles. */
export function listField(meaning: string, by: string): Field<Float64Array> {
  return { type: 'float64_list', nullable: false, meaning, by }
}

/** A field that may be null. */
export function optional<Value>(field: Field<Value>): Field<Value | null> {
  return { ...field, nullable: true } as Field<Value | null>
}

/** A field whose value is stored as something else. */
export function coded<Value, Stored extends Cell>(
  field: Field<Stored>,
  cell: (value: Value) => Stored,
  value: (cell: Stored, table: ArrowTable, row: number) => Value,
): Field<Value> {
  return { ...field, code: { cell, value } } as unknown as Field<Value>
}

/** A column of a stored table, described. */
export interface DescribedColumn extends About {
  readonly name: string
  readonly type: StoredType
  readonly nullable: boolean
}

/** A column with the way from a row to its cell. */
interface Leaf extends DescribedColumn {
  readonly cell: (row: never) => Cell
}

function leavesOf(fields: Fields, prefix: string, member: (row: never) => unknown): Leaf[] {
  return Object.entries(fields).flatMap(([key, field]): Leaf[] => {
    const of = (row: never): unknown => (member(row) as Record<string, unknown>)[key]
    if ('fields' in field) return leavesOf(field.fields, `${prefix}${key}_`, of)
    const { code, absent: _, ...about } = field
    const cell = code ? (row: never) => code.cell(of(row)) : (of as (row: never) => Cell)
    return [{ ...about, name: `${prefix}${key}`, cell }]
  })
}

/** The stored columns that fields describe, in order. */
export function describeColumns(fields: Fields): DescribedColumn[] {
  return leavesOf(fields, '', (row) => row).map(({ cell: _, ...column }) => column)
}

/** The columns of rows. */
export function columnsOf<Row>(fields: Fields, rows: readonly Row[]): Column[] {
  return leavesOf(fields, '', (row) => row).map(
    ({ name, type, nullable, cell }) =>
      ({ name, type, ...(nullable && { nullable }), values: rows.map((row) => cell(row as never)) }) as Column,
  )
}

/** Names of the members that are stored as they are: what CSV and JSON show as plain values. */
export function plainNames(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, field]) => ('fields' in field || field.code ? [] : [name]))
}

/**
 * The rows of a table that was read.
 * @throws InputError when a column is missing, holds something else, or a null where there is none
 */
export function readRows<F>(fields: F, table: ArrowTable): RowOf<F>[] {
  return recordsOf(fields as Fields, '', table) as RowOf<F>[]
}

function recordsOf(fields: Fields, prefix: string, table: ArrowTable): Record<string, unknown>[] {
  const records = Array.from({ length: table.rows }, (): Record<string, unknown> => ({}))
  const known = new Set(table.columns.map(({ name }) => name))
  const missing: [key: string, value: NonNullable<Field<unknown>['absent']>][] = []
  for (const [key, field] of Object.entries(fields)) {
    if (!('fields' in field) && field.absent && !known.has(`${prefix}${key}`)) {
      missing.push([key, field.absent])
      continue
    }
    const values = 'fields' in field ? nestedOf(field, `${prefix}${key}`, table) : valuesOf(field, `${prefix}${key}`, table)
    for (let k = 0; k < values.length; k++) if (values[k] !== undefined) records[k]![key] = values[k]
  }
  for (const [key, value] of missing) for (const record of records) record[key] = value(record)
  return records
}

function nestedOf({ fields, problem }: Nested, name: string, table: ArrowTable): unknown[] {
  const records = recordsOf(fields, `${name}_`, table)
  records.forEach((record, k) => {
    const what = problem?.(record as never, name)
    if (what !== undefined) throw new InputError(table.name, `row ${table.first + k}: ${what}`)
  })
  return records
}

function valuesOf({ type, nullable, code }: Field<unknown>, name: string, table: ArrowTable): readonly unknown[] {
  const cells: readonly Cell[] = cellsOf(type, nullable, name, table)
  return code ? cells.map((cell, row) => code.value(cell, table, row)) : cells
}

function cellsOf(type: StoredType, nullable: boolean, name: string, table: ArrowTable): readonly Cell[] {
  if (type === 'float64_list') return table.lists(name)
  if (type === 'utf8') return nullable ? table.optionalTexts(name) : table.texts(name)
  return nullable ? table.optionalNumbers(name) : table.numbers(name)
}
