import * as v from 'valibot'
import {
  columnMembers,
  countIn,
  filtersIn,
  numberIn,
  numberOrNull,
  numbersIn,
  sideIn,
  textIn,
  textOrNull,
} from '../analysis/report-kinds.ts'
import { groupedNames } from '../analysis/report-names.ts'
import {
  basisRowSchema,
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
import { manyRows } from '../analysis/rows-on-demand.ts'
import {
  type ColumnPath,
  type DescribedTable,
  type DescribedTables,
  describedInParts,
  describedTable,
  describeTables,
  exportDescribed,
} from './described-tables.ts'
import type { ExportTable, StreamedTable } from './export-table.ts'
import { chancePaths, shiftCellPaths, shiftCellSchema, shiftCells } from './shift-cells.ts'
import { parametersText } from './tables.ts'

// The tables of two groups' analysis: what `GroupReport` holds, flattened. Columns are members of the rows' schemas.

/** A pair with the accuracies of its models. */
const pairSchema = v.object({
  ...pairRowSchema.entries,
  clean_accuracy_a: numberOrNull('accuracy of a on unchanged images'),
  robust_accuracy_a: numberOrNull('accuracy of a on attacked images'),
  clean_accuracy_b: numberOrNull('accuracy of b on unchanged images'),
  robust_accuracy_b: numberOrNull('accuracy of b on attacked images'),
})

function pairsWithAccuracies({ pairs, models }: GroupReport): readonly Described<typeof pairSchema>[] {
  const accuracies = new Map<string, readonly [clean: number | null, robust: number | null]>()
  for (const { model, clean_accuracy, robust_accuracy } of models) accuracies.set(model, [clean_accuracy, robust_accuracy])
  return manyRows(pairs.length, (k) => {
    const pair = pairs[k]!
    const [a, b] = [accuracies.get(pair.a), accuracies.get(pair.b)]
    return {
      ...pair,
      clean_accuracy_a: a?.[0] ?? null,
      robust_accuracy_a: a?.[1] ?? null,
      clean_accuracy_b: b?.[0] ?? null,
      robust_accuracy_b: b?.[1] ?? null,
    }
  })
}

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

const tables: readonly DescribedTable<GroupReport>[] = [
  describedTable('group-models', reportModelSchema, (report) => report.models),
  describedTable('pairs', pairSchema, pairsWithAccuracies, [
    'a',
    'b',
    'architecture',
    'dataset',
    'clean_accuracy_a',
    'robust_accuracy_a',
    'clean_accuracy_b',
    'robust_accuracy_b',
    ...groupedNames.flatMap((metric) =>
      ['a', 'b', 'difference'].map((side): ColumnPath => [`metrics.${metric}.${side}`, `${metric}_${side}`]),
    ),
    'shift',
    ...chancePaths,
  ]),
  describedTable('comparisons', pairedComparisonSchema, (report) => report.comparisons, [
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
  describedTable('distributions', distributionSchema, (report) => report.distributions),
  describedTable('model-depth', modelDepthRowSchema, (report) => report.depth),
  describedTable('group-depth', pooledDepthRowSchema, (report) => report.pooled_depth),
  describedTable('bases', basisRowSchema, (report) => report.bases),
  describedTable('shift', shiftRowSchema, (report) => report.shift, [
    ...columnMembers(shiftRowSchema).filter((name) => name !== 'because'),
    ...chancePaths,
    'because',
  ]),
  describedTable('shift-matrices', shiftCellSchema, ({ matrices }) => shiftCells(matrices), shiftCellPaths),
  describedTable('correlations', correlationRowSchema, (report) => report.correlations),
  describedTable('coefficients', histogramSchema, ({ coefficients }) => {
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

/**
 * The tables of two groups' analysis, one row per line of the report: what `GroupReport` holds, flattened. `group` says the
 * group's name; `a` and `b` in the names of columns are the first and the second group.
 */
export function groupTables(report: GroupReport): ExportTable[] {
  return exportDescribed(tables, report, groupMetadata(report), report.groups)
}

/** The same tables in parts: of rows that are made when they are asked for no more is held. */
export function groupTablesInParts(report: GroupReport): StreamedTable[] {
  return describedInParts(tables, report, groupMetadata(report), report.groups)
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

/** The columns of those tables, described; all that are no lists may be null. */
export function describedGroupTables(): DescribedTables {
  return describeTables(tables, 'the group analysis')
}
