import * as v from 'valibot'
import {
  type ColumnNote,
  columnMembers,
  columnNote,
  countIn,
  filtersIn,
  numberIn,
  numberOrNull,
  numbersIn,
  schemaMember,
  sideIn,
  takesNull,
  textIn,
  textOrNull,
} from '../analysis/report-kinds.ts'
import { groupedNames } from '../analysis/report-names.ts'
import {
  basisRowSchema,
  chanceSchema,
  correlationRowSchema,
  distributionSchema,
  modelDepthRowSchema,
  pairedComparisonSchema,
  pairRowSchema,
  pooledDepthRowSchema,
  reportModelSchema,
  shiftRowSchema,
} from '../analysis/report-schema.ts'
import type { Described, GroupReport } from '../analysis/report-types.ts'
import type { Column } from '../arrow/column.ts'
import type { DescribedColumn } from '../arrow/fields.ts'
import type { ExportTable, StreamedTable } from './export-table.ts'
import { parametersText } from './tables.ts'

// The tables of two groups' analysis: what `GroupReport` holds, flattened. Columns are members of the rows' schemas.

/** A member of a row, by its path: "test.p", and the column's name; default: the last step. */
type Path = string | readonly [path: string, name: string]

interface GroupTable {
  readonly name: string
  /** Of a row. */
  readonly schema: v.GenericSchema
  readonly rows: (report: GroupReport) => readonly object[]
  /** Default: every member that a column holds. */
  readonly paths: readonly Path[]
}

/** A table of rows that a schema describes. */
function table<Schema extends v.GenericSchema>(
  name: string,
  schema: Schema,
  rows: (report: GroupReport) => readonly Described<Schema>[],
  paths: readonly Path[] = columnMembers(schema),
): GroupTable {
  return { name, schema, rows: rows as GroupTable['rows'], paths }
}

/** A cell of a matrix, in a row of its own. */
const shiftCellSchema = v.object({
  column: textIn('the column of metadata'),
  from: textIn('a value of it'),
  to: textIn('another value of it, or the same'),
  models_from: countIn('models with the first value'),
  models_to: countIn('models with the second value'),
  filters_from: filtersIn('non-sparse filters of the first'),
  filters_to: filtersIn('non-sparse filters of the second'),
  shift: numberOrNull('distribution shift D between the two'),
  chance: v.nullable(chanceSchema),
})

/** The filters of a group by their coefficient on one component. */
const histogramSchema = v.object({
  group: sideIn('the group'),
  dataset: textOrNull('the data set; null: all of them'),
  bucket: textIn('the bucket of relative depth; all: every layer'),
  component: countIn('the component, from 1'),
  filters: filtersIn('its non-sparse filters'),
  min: numberOrNull('smallest coefficient over all filters, sparse ones included'),
  max: numberOrNull('largest coefficient over all filters, sparse ones included'),
  range_low: numberIn('lower end of all bins'),
  range_high: numberIn('upper end of all bins'),
  counts: numbersIn('filters by bin: equal bins over that range, common to all components'),
})

/** Columns of what chance gives beside a shift. */
const chancePaths: readonly Path[] = [
  ['chance.median', 'chance_median'],
  ['chance.high', 'chance_high'],
  ['chance.excess', 'excess'],
  ['chance.interval.0', 'excess_low'],
  ['chance.interval.1', 'excess_high'],
  'chance.p',
  'chance.p_holm',
  'chance.family',
  'chance.unit',
  'chance.units',
]

const tables: readonly GroupTable[] = [
  table('group-models', reportModelSchema, (report) => report.models),
  table('pairs', pairRowSchema, (report) => report.pairs, [
    'a',
    'b',
    'architecture',
    'dataset',
    ...groupedNames.flatMap((metric) =>
      ['a', 'b', 'difference'].map((side): Path => [`metrics.${metric}.${side}`, `${metric}_${side}`]),
    ),
    'shift',
    ...chancePaths,
  ]),
  table('comparisons', pairedComparisonSchema, (report) => report.comparisons, [
    'metric',
    'bucket',
    'dataset',
    'counting',
    'n',
    'a',
    'b',
    'difference',
    ['interval.0', 'interval_low'],
    ['interval.1', 'interval_high'],
    'test.w_plus',
    'test.w_minus',
    'test.zeros',
    'test.p',
    'p_holm',
    'family',
    'test.effect',
    'test.method',
    'because',
  ]),
  table('distributions', distributionSchema, (report) => report.distributions),
  table('model-depth', modelDepthRowSchema, (report) => report.depth),
  table('group-depth', pooledDepthRowSchema, (report) => report.pooled_depth),
  table('bases', basisRowSchema, (report) => report.bases),
  table('shift', shiftRowSchema, (report) => report.shift, [
    ...columnMembers(shiftRowSchema).filter((name) => name !== 'because'),
    ...chancePaths,
    'because',
  ]),
  table(
    'shift-matrices',
    shiftCellSchema,
    ({ matrices }) =>
      matrices.flatMap(({ column, values, models, filters, shift, chance }) =>
        values.flatMap((from, i) =>
          values.map((to, j) => ({
            column,
            from,
            to,
            models_from: models[i]!,
            models_to: models[j]!,
            filters_from: filters[i]!,
            filters_to: filters[j]!,
            shift: shift[i]![j]!,
            chance: chance?.[i]?.[j] ?? null,
          })),
        ),
      ),
    [...columnMembers(shiftCellSchema), ...chancePaths],
  ),
  table('correlations', correlationRowSchema, (report) => report.correlations),
  table('coefficients', histogramSchema, ({ coefficients }) => {
    const { groups, range } = coefficients ?? { groups: [], range: [0, 0] }
    return groups.flatMap(({ counts, min, max, ...row }) =>
      counts.map((bins, c) => ({
        ...row,
        component: c + 1,
        min: min?.[c] ?? null,
        max: max?.[c] ?? null,
        range_low: range[0],
        range_high: range[1],
        counts: bins,
      })),
    )
  }),
]

interface GroupColumn extends ColumnNote {
  readonly name: string
  readonly steps: readonly string[]
  readonly nullable: boolean
}

function columnsOfTable({ name: tableName, schema, paths }: GroupTable): GroupColumn[] {
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

/**
 * The tables of two groups' analysis, one row per line of the report: what `GroupReport` holds, flattened. `group` says the
 * group's name; `a` and `b` in the names of columns are the first and the second group.
 */
export function groupTables(report: GroupReport): ExportTable[] {
  const metadata = groupMetadata(report)
  return tables.map((one) => {
    const rows = one.rows(report)
    return { name: one.name, columns: columnsOfTable(one).map((column) => storedColumn(column, rows, report)), metadata }
  })
}

/** Rows of a part. */
const ROWS_AT_ONCE = 1024

/** The same tables in parts: of rows that are made when they are asked for no more is held. */
export function groupTablesInParts(report: GroupReport): StreamedTable[] {
  const metadata = groupMetadata(report)
  return tables.map((one) => {
    const columnsOf = (rows: readonly object[]): Column[] =>
      columnsOfTable(one).map((column) => storedColumn(column, rows, report))
    return {
      name: one.name,
      metadata,
      columns: columnsOf([]),
      async *parts() {
        const rows = one.rows(report)
        for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) yield columnsOf(rows.slice(from, from + ROWS_AT_ONCE))
      },
    }
  })
}

function groupMetadata(report: GroupReport): ExportTable['metadata'] {
  const { a, b } = report.groups
  return {
    'filterlens.version': report.version,
    'filterlens.parameters': parametersText(report.parameters),
    'filterlens.groups': JSON.stringify({ a: a.name, b: b.name }),
    'filterlens.methods': JSON.stringify(report.methods),
  }
}

/** Numbers and texts may be null in every column; an undefined list is empty. */
function storedColumn(
  { name, column: type, steps, isGroup }: GroupColumn,
  rows: readonly object[],
  { groups }: GroupReport,
): Column {
  const values = rows.map((row) =>
    steps.reduce((value: unknown, step) => (value as Record<string, unknown> | null)?.[step] ?? null, row),
  )
  if (type === 'float64_list')
    return { name, type, values: values.map((list) => Float64Array.from(((list ?? []) as number[]).flat())) }
  const nameOf = (side: unknown): unknown => (side === 'a' || side === 'b' ? groups[side].name : side)
  return { name, type, nullable: true, values: isGroup ? values.map(nameOf) : values } as Column
}

/** The columns of those tables, described; all that are no lists may be null. */
export function describedGroupTables(): { readonly name: string; readonly columns: readonly DescribedColumn[] }[] {
  return tables.map((one) => ({
    name: one.name,
    columns: columnsOfTable(one).map(({ name, column: type, nullable, meaning }) => ({
      name,
      type,
      nullable: nullable && type !== 'float64_list',
      meaning,
      by: 'the group analysis',
    })),
  }))
}
