import { type GroupReport, metricNames } from '../analysis/report-types.ts'
import { type ExportField, type ExportTable, exportColumns } from './export-table.ts'
import { parametersText } from './tables.ts'

/**
 * The tables of two groups' analysis, one row per line of the report: what `GroupReport` holds, flattened. `group` says the
 * group's name; `a` and `b` in the names of columns are the first and the second group.
 */
export function groupTables(report: GroupReport): ExportTable[] {
  const { a, b } = report.groups
  const metadata = {
    'filterlens.version': report.version,
    'filterlens.parameters': parametersText(report.parameters),
    'filterlens.groups': JSON.stringify({ a: a.name, b: b.name }),
    'filterlens.methods': JSON.stringify(report.methods),
  }
  const table = <T>(name: string, rows: readonly T[], fields: readonly ExportField<T>[]): ExportTable => ({
    name,
    columns: exportColumns(rows, fields),
    metadata,
  })
  const nameOf = (group: 'all' | 'a' | 'b' | null): string | null =>
    group === null || group === 'all' ? group : report.groups[group].name
  const depth = <T extends GroupReport['pooled_depth'][number] | GroupReport['depth'][number]>(): ExportField<T>[] => [
    ['bucket', 'utf8', (row) => row.bucket],
    ['layers', 'int32', (row) => row.layers],
    ['filters', 'int64', (row) => row.filters],
    ['sparse_filters', 'int64', (row) => row.sparse_filters],
    ...metricNames.map((metric): ExportField<T> => [metric, 'float64', (row) => row[metric]]),
  ]
  return [
    table('group-models', report.models, [
      ['model', 'utf8', (row) => row.model],
      ['group', 'utf8', (row) => nameOf(row.group)],
      ['dataset', 'utf8', (row) => row.dataset],
      ['architecture', 'utf8', (row) => row.architecture],
      ['clean_accuracy', 'float64', (row) => row.clean_accuracy],
      ['robust_accuracy', 'float64', (row) => row.robust_accuracy],
      ['layers', 'int32', (row) => row.layers],
      ['filters', 'int64', (row) => row.filters],
      ['sparse_filters', 'int64', (row) => row.sparse_filters],
      ...metricNames.map((metric): ExportField<GroupReport['models'][number]> => [metric, 'float64', (row) => row[metric]]),
    ]),
    table('pairs', report.pairs, [
      ['a', 'utf8', (row) => row.a],
      ['b', 'utf8', (row) => row.b],
      ['architecture', 'utf8', (row) => row.architecture],
      ['dataset', 'utf8', (row) => row.dataset],
      ...metricNames.flatMap((metric): ExportField<GroupReport['pairs'][number]>[] =>
        (['a', 'b', 'difference'] as const).map((side) => [`${metric}_${side}`, 'float64', (row) => row.metrics[metric][side]]),
      ),
      ['shift', 'float64', (row) => row.shift],
    ]),
    table('comparisons', report.comparisons, [
      ['metric', 'utf8', (row) => row.metric],
      ['bucket', 'utf8', (row) => row.bucket],
      ['dataset', 'utf8', (row) => row.dataset],
      ['counting', 'utf8', (row) => row.counting],
      ['n', 'int32', (row) => row.n],
      ['a', 'float64', (row) => row.a],
      ['b', 'float64', (row) => row.b],
      ['difference', 'float64', (row) => row.difference],
      ['interval_low', 'float64', (row) => row.interval?.[0] ?? null],
      ['interval_high', 'float64', (row) => row.interval?.[1] ?? null],
      ['w_plus', 'float64', (row) => row.test?.w_plus ?? null],
      ['w_minus', 'float64', (row) => row.test?.w_minus ?? null],
      ['zeros', 'int32', (row) => row.test?.zeros ?? null],
      ['p', 'float64', (row) => row.test?.p ?? null],
      ['p_holm', 'float64', (row) => row.p_holm],
      ['family', 'int32', (row) => row.family],
      ['effect', 'float64', (row) => row.test?.effect ?? null],
      ['method', 'utf8', (row) => row.test?.method ?? null],
      ['because', 'utf8', (row) => row.because],
    ]),
    table('distributions', report.distributions, [
      ['metric', 'utf8', (row) => row.metric],
      ['bucket', 'utf8', (row) => row.bucket],
      ['dataset', 'utf8', (row) => row.dataset],
      ['group', 'utf8', (row) => nameOf(row.group)],
      ['n', 'int32', (row) => row.n],
      ...(['mean', 'min', 'q1', 'median', 'q3', 'max'] as const).map(
        (key): ExportField<GroupReport['distributions'][number]> => [key, 'float64', (row) => row[key]],
      ),
      ['because', 'utf8', (row) => row.because],
    ]),
    table('model-depth', report.depth, [
      ['model', 'utf8', (row) => row.model],
      ['group', 'utf8', (row) => nameOf(row.group)],
      ['dataset', 'utf8', (row) => row.dataset],
      ['architecture', 'utf8', (row) => row.architecture],
      ...depth<GroupReport['depth'][number]>(),
    ]),
    table('group-depth', report.pooled_depth, [
      ['group', 'utf8', (row) => nameOf(row.group)],
      ['dataset', 'utf8', (row) => row.dataset],
      ['models', 'int32', (row) => row.models],
      ...depth<GroupReport['pooled_depth'][number]>(),
    ]),
    table('bases', report.bases, [
      ['group', 'utf8', (row) => nameOf(row.group)],
      ['dataset', 'utf8', (row) => row.dataset],
      ['models', 'int32', (row) => row.models],
      ['filters', 'int64', (row) => row.filters],
      ['mean', 'float64_list', (row) => row.mean],
      ['components', 'float64_list', (row) => row.components?.flat() ?? null],
      ['explained_variance', 'float64_list', (row) => row.explained_variance],
      ['explained_variance_ratio', 'float64_list', (row) => row.explained_variance_ratio],
      ['because', 'utf8', (row) => row.because],
    ]),
    table('shift', report.shift, [
      ['dataset', 'utf8', (row) => row.dataset],
      ['counting', 'utf8', (row) => row.counting],
      ['bucket', 'utf8', (row) => row.bucket],
      ['filters_a', 'int64', (row) => row.filters_a],
      ['filters_b', 'int64', (row) => row.filters_b],
      ['shift', 'float64', (row) => row.shift],
      ['components', 'float64_list', (row) => row.components],
      ['because', 'utf8', (row) => row.because],
    ]),
    table(
      'shift-matrices',
      report.matrices.flatMap((matrix) =>
        matrix.values.flatMap((from, i) => matrix.values.map((to, j) => ({ matrix, from, to, i, j }))),
      ),
      [
        ['column', 'utf8', (row) => row.matrix.column],
        ['from', 'utf8', (row) => row.from],
        ['to', 'utf8', (row) => row.to],
        ['models_from', 'int32', (row) => row.matrix.models[row.i]!],
        ['models_to', 'int32', (row) => row.matrix.models[row.j]!],
        ['filters_from', 'int64', (row) => row.matrix.filters[row.i]!],
        ['filters_to', 'int64', (row) => row.matrix.filters[row.j]!],
        ['shift', 'float64', (row) => row.matrix.shift[row.i]![row.j]!],
      ],
    ),
    table('correlations', report.correlations, [
      ['metric', 'utf8', (row) => row.metric],
      ['against', 'utf8', (row) => row.against],
      ['group', 'utf8', (row) => nameOf(row.group)],
      ['by', 'utf8', (row) => row.by],
      ['value', 'utf8', (row) => row.value],
      ['n', 'int32', (row) => row.n],
      ['rho', 'float64', (row) => row.rho],
      ['p', 'float64', (row) => row.p],
      ['p_exact', 'float64', (row) => row.p_exact],
      ['because', 'utf8', (row) => row.because],
    ]),
    table(
      'coefficients',
      (report.coefficients?.groups ?? []).flatMap((group) => group.counts.map((counts, c) => ({ group, counts, c }))),
      [
        ['group', 'utf8', (row) => nameOf(row.group.group)],
        ['dataset', 'utf8', (row) => row.group.dataset],
        ['bucket', 'utf8', (row) => row.group.bucket],
        ['component', 'int32', (row) => row.c + 1],
        ['filters', 'int64', (row) => row.group.filters],
        ['min', 'float64', (row) => row.group.min?.[row.c] ?? null],
        ['max', 'float64', (row) => row.group.max?.[row.c] ?? null],
        ['range_low', 'float64', () => report.coefficients!.range[0]],
        ['range_high', 'float64', () => report.coefficients!.range[1]],
        ['counts', 'float64_list', (row) => row.counts],
      ],
    ),
  ]
}
