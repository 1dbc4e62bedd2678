import * as v from 'valibot'
import { columnMembers, countIn, filtersIn, numberOrNull, textIn } from '../analysis/report-kinds.ts'
import { chanceSchema } from '../analysis/report-schema.ts'
import type { Described, ShiftMatrix } from '../analysis/report-types.ts'
import type { ColumnPath } from './described-tables.ts'

/** A cell of a shift matrix, in a row of its own. */
export const shiftCellSchema = v.object({
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

/** Columns of what chance gives beside a shift. */
export const chancePaths: readonly ColumnPath[] = [
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

/** The columns of a table of cells. */
export const shiftCellPaths: readonly ColumnPath[] = [...columnMembers(shiftCellSchema), ...chancePaths]

/** The cells of matrices, row by row. */
export function shiftCells(matrices: readonly ShiftMatrix[]): Described<typeof shiftCellSchema>[] {
  return matrices.flatMap(({ column, values, models, filters, shift, chance }) =>
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
  )
}
