import * as v from 'valibot'
import { countIn, filtersIn, numberIn, numbersIn, textIn } from '../analysis/report-kinds.ts'
import {
  columnCorrelationSchema,
  studyBasisSchema,
  studyDistributionSchema,
  studyPairSchema,
  studyTestSchema,
  studyValueSchema,
} from '../analysis/study-schema.ts'
import type { Studies } from '../analysis/study-types.ts'
import { type DescribedTable, type DescribedTables, describedTable, describeTables, exportDescribed } from './described-tables.ts'
import type { ExportTable } from './export-table.ts'
import { shiftCellPaths, shiftCellSchema, shiftCells } from './shift-cells.ts'
import { parametersText } from './tables.ts'

/** The filters of a value by their coefficient on one component. */
const studyCountsSchema = v.object({
  column: textIn('the column of metadata'),
  value: textIn('the value of it'),
  component: countIn('the component, from 1'),
  filters: filtersIn('its non-sparse filters'),
  range_low: numberIn('lower end of all bins'),
  range_high: numberIn('upper end of all bins'),
  counts: numbersIn('filters by bin: equal bins over that range, common to all components'),
})

const tables: readonly DescribedTable<Studies>[] = [
  describedTable('study-values', studyValueSchema, ({ studies }) => studies.flatMap(({ values }) => values)),
  describedTable('study-distributions', studyDistributionSchema, ({ studies }) =>
    studies.flatMap((study) => study.distributions),
  ),
  describedTable('study-tests', studyTestSchema, ({ studies }) => studies.flatMap(({ tests }) => tests)),
  describedTable('study-pairwise', studyPairSchema, ({ studies }) => studies.flatMap(({ pairwise }) => pairwise ?? [])),
  describedTable('study-bases', studyBasisSchema, ({ studies }) => studies.flatMap(({ bases }) => bases)),
  describedTable(
    'study-shifts',
    shiftCellSchema,
    ({ studies }) => shiftCells(studies.flatMap(({ matrix }) => matrix ?? [])),
    shiftCellPaths,
  ),
  describedTable('study-coefficients', studyCountsSchema, ({ studies }) =>
    studies.flatMap(({ coefficients }) =>
      coefficients === null
        ? []
        : coefficients.values.flatMap(({ counts, ...row }) =>
            counts.map((bins, c) => ({
              ...row,
              component: c + 1,
              range_low: coefficients.range[0],
              range_high: coefficients.range[1],
              counts: bins,
            })),
          ),
    ),
  ),
  describedTable('column-correlations', columnCorrelationSchema, ({ correlations }) => correlations),
]

/** The tables of the studies by columns: one row per line. */
export function studyTables(studies: Studies): ExportTable[] {
  const metadata = {
    'filterlens.version': studies.version,
    'filterlens.parameters': parametersText(studies.parameters),
  }
  return exportDescribed(tables, studies, metadata)
}

/** The columns of those tables, described. */
export function describedStudyTables(): DescribedTables {
  return describeTables(tables, 'the studies by columns')
}
