import type * as v from 'valibot'
import { type ColumnNote, columnMembers, columnNote, schemaMember, takesNull } from '../analysis/report-kinds.ts'
import type { Described } from '../analysis/report-types.ts'
import type { Column } from '../arrow/column.ts'
import type { DescribedColumn } from '../arrow/fields.ts'
import type { ExportTable, StreamedTable } from './export-table.ts'

// Tables whose columns are members of their rows' schemas.

/** A member of a row, by its path: "test.p", and the column's name; default: the last step. */
export type ColumnPath = string | readonly [path: string, name: string]

/** A table of what an analysis gives: its rows, and which of their members are columns. */
export interface DescribedTable<Source> {
  readonly name: string
  /** Of a row. */
  readonly schema: v.GenericSchema
  readonly rows: (source: Source) => readonly object[]
  readonly paths: readonly ColumnPath[]
}

/** A table of rows that a schema describes; `paths` default: every member that a column holds. */
export function describedTable<Source, Schema extends v.GenericSchema>(
  name: string,
  schema: Schema,
  rows: (source: Source) => readonly Described<Schema>[],
  paths: readonly ColumnPath[] = columnMembers(schema),
): DescribedTable<Source> {
  return { name, schema, rows: rows as DescribedTable<Source>['rows'], paths }
}

interface TableColumn extends ColumnNote {
  readonly name: string
  readonly steps: readonly string[]
  readonly nullable: boolean
}

function columnsOfTable({
  name: tableName,
  schema,
  paths,
}: Pick<DescribedTable<never>, 'name' | 'schema' | 'paths'>): TableColumn[] {
  return paths.map((given) => {
    const [path, name] = typeof given === 'string' ? [given, given.slice(given.lastIndexOf('.') + 1)] : given
    const steps = path.split('.')
    let member: v.GenericSchema | undefined = schema
    let nullable = false
    for (const step of steps) {
      member = member && schemaMember(member, step)
      nullable ||= member !== undefined && takesNull(member)
    }
    const note = member && columnNote(member)
    if (!note) throw new RangeError(`${tableName}: no column holds ${path}`)
    return { ...note, name, steps, nullable }
  })
}

/** Names of the groups a and b, which stand in columns that say a group. */
export type GroupNames = Readonly<Record<'a' | 'b', { readonly name: string }>>

/** Gives some rows of a table as its columns. */
function columnsFor(
  table: Pick<DescribedTable<never>, 'name' | 'schema' | 'paths'>,
  groups: GroupNames | undefined,
): (rows: readonly object[]) => Column[] {
  const described = columnsOfTable(table)
  return (rows) => described.map((column) => storedColumn(column, rows, groups))
}

/** The tables of `source`, flattened: one row per line of it. */
export function exportDescribed<Source>(
  tables: readonly DescribedTable<Source>[],
  source: Source,
  metadata: Readonly<Record<string, string>>,
  groups?: GroupNames,
): ExportTable[] {
  return tables.map((one) => ({ name: one.name, columns: columnsFor(one, groups)(one.rows(source)), metadata }))
}

/** Rows of a part. */
const ROWS_AT_ONCE = 1024

/** The same tables in parts: of rows that are made when they are asked for no more is held. */
export function describedInParts<Source>(
  tables: readonly DescribedTable<Source>[],
  source: Source,
  metadata: Readonly<Record<string, string>>,
  groups?: GroupNames,
): StreamedTable[] {
  return tables.map((one) => {
    const columnsOf = columnsFor(one, groups)
    return {
      name: one.name,
      metadata,
      columns: columnsOf([]),
      async *parts() {
        const rows = one.rows(source)
        for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) yield columnsOf(rows.slice(from, from + ROWS_AT_ONCE))
      },
    }
  })
}

/** Numbers and texts may be null in every column; an undefined list is empty. */
function storedColumn(
  { name, column: type, steps, isGroup }: TableColumn,
  rows: readonly object[],
  groups: GroupNames | undefined,
): Column {
  const values = rows.map((row) =>
    steps.reduce((value: unknown, step) => (value as Record<string, unknown> | null)?.[step] ?? null, row),
  )
  if (type === 'float64_list')
    return { name, type, values: values.map((list) => Float64Array.from(((list ?? []) as number[]).flat())) }
  const nameOf = (side: unknown): unknown => (groups && (side === 'a' || side === 'b') ? groups[side].name : side)
  return { name, type, nullable: true, values: isGroup ? values.map(nameOf) : values } as Column
}

/** Tables by name, with their columns. */
export type DescribedTables = readonly { readonly name: string; readonly columns: readonly DescribedColumn[] }[]

/** The columns of those tables, described; all that are no lists may be null. `by`: what computes them. */
export function describeTables<Source>(tables: readonly DescribedTable<Source>[], by: string): DescribedTables {
  return tables.map((one) => ({
    name: one.name,
    columns: columnsOfTable(one).map(({ name, column: type, nullable, meaning }) => ({
      name,
      type,
      nullable: nullable && type !== 'float64_list',
      meaning,
      by,
    })),
  }))
}
