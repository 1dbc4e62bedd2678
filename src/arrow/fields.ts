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

/** From where to where a number goes; null: no end. */
export interface NumberRange {
  readonly low: number
  readonly high: number | null
}

/** A member of a row that is stored in one column. */
export interface Field<Value> extends About {
  readonly type: StoredType
  readonly nullable: boolean
  /** Of a number: the least it can be, and the most; absent: whatever its type holds. */
  readonly range?: NumberRange
  /**
   * Turns a value into its cell and back; absent: the value is the cell. `value` gives undefined for a member that the row does not
   * have. `holds`: whether something that was read elsewhere is such a value.
   */
  readonly code?: {
    cell(value: Value): Cell
    value(cell: Cell, table: ArrowTable, row: number): Value
    holds?(value: unknown): boolean
  }
  /** Of a column that older tables lack: its value from the row's other members. Absent: every table must have the column. */
  readonly absent?: (row: Readonly<Record<string, unknown>>) => Value
}

/** A member of a row that is a record of its own; its columns are called `<member>_<its member>`. */
export interface Nested<Record = never> {
  readonly fields: Fields
  /** What is wrong with a record that was read, in a row whose members before it are right; undefined: nothing. */
  readonly problem?: (record: Record, name: string, row: Readonly<globalThis.Record<string, unknown>>) => string | undefined
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

/** A number that counts or measures something: not below 0, or in the range. */
export function inRange(field: Field<number>, range: NumberRange = { low: 0, high: null }): Field<number> {
  return { ...field, range }
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
  holds?: (value: unknown) => boolean,
): Field<Value> {
  return { ...field, code: { cell, value, ...(holds && { holds }) } } as unknown as Field<Value>
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
    const { code, absent: _, range: _r, ...about } = field
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

/** A row of a table whose columns are what they should be, and whose members do not fit one another. */
export class DamagedRowError extends InputError {
  override readonly name: string = 'DamagedRowError'
}

/** What is wrong with something that should be a row and was read from no table; undefined: nothing. */
export function rowProblem(fields: Fields, value: unknown, prefix = ''): string | undefined {
  if (!isPlainRecord(value)) return `${prefix === '' ? 'a row' : prefix.slice(0, -1)} is ${shownValue(value)}`
  let members = 0
  for (const key in fields) {
    const field = fields[key]!
    const isThere = Object.hasOwn(value, key)
    if (isThere) members++
    const member = isThere ? value[key] : undefined
    const what =
      'fields' in field
        ? (rowProblem(field.fields, member, `${prefix}${key}_`) ?? field.problem?.(member as never, `${prefix}${key}`, value))
        : memberProblem(field, member, prefix, key)
    if (what !== undefined) return what
  }
  const keys = Object.keys(value)
  if (keys.length === members) return undefined
  return `${prefix}${keys.find((name) => !Object.hasOwn(fields, name))} is no member of a row`
}

function memberProblem(
  { type, nullable, range, code }: Field<unknown>,
  value: unknown,
  prefix: string,
  key: string,
): string | undefined {
  if (code?.holds) return code.holds(value) ? undefined : `${prefix}${key} is ${shownValue(value)}`
  const cell: unknown = code ? code.cell(value) : value
  if (cell === null && nullable) return undefined
  if (!isOfType(type, cell)) return `${prefix}${key} is ${shownValue(value)}`
  if (range && !isWithin(cell as number, range.low, range.high))
    return `${prefix}${key} is ${shownValue(value)}, and goes from ${range.low}${range.high === null ? '' : ` to ${range.high}`}`
  return undefined
}

function isOfType(type: StoredType, cell: unknown): boolean {
  if (type === 'utf8') return typeof cell === 'string'
  if (type === 'float64_list') return cell instanceof Float64Array && areFinite(cell)
  if (type === 'int32') return Number.isInteger(cell) && Object.is((cell as number) | 0, cell)
  return type === 'int64' ? Number.isSafeInteger(cell) : Number.isFinite(cell)
}

function areFinite(values: Float64Array): boolean {
  for (let k = 0; k < values.length; k++) if (!Number.isFinite(values[k])) return false
  return true
}

/** What rounding may take a number beyond the end of its range. */
const ROUNDING = 1e-6

/** True for a number in a range, but for rounding. */
export function isWithin(value: number, low: number, high: number | null): boolean {
  return value >= low - ROUNDING && (high === null || value <= high + ROUNDING)
}

/** True for an object that is no list: what JSON calls one. */
export function isPlainRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value that should be another, in a complaint. */
export function shownValue(value: unknown): string {
  if (value === undefined) return 'missing'
  if (ArrayBuffer.isView(value)) return 'a list with what is no number'
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
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
    const values =
      'fields' in field ? nestedOf(field, `${prefix}${key}`, table, records) : valuesOf(field, `${prefix}${key}`, table)
    for (let k = 0; k < values.length; k++) if (values[k] !== undefined) records[k]![key] = values[k]
  }
  for (const [key, value] of missing) for (const record of records) record[key] = value(record)
  return records
}

function nestedOf(
  { fields, problem }: Nested,
  name: string,
  table: ArrowTable,
  rows: readonly Record<string, unknown>[],
): unknown[] {
  const records = recordsOf(fields, `${name}_`, table)
  records.forEach((record, k) => {
    const what = problem?.(record as never, name, rows[k]!)
    if (what !== undefined) throw new DamagedRowError(table.name, `row ${table.first + k}: ${what}; the table is damaged`)
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
