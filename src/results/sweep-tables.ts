import { lastRows, type SweepRun, type SweepTest, sweepFields, sweepRows } from '../analysis/sweep.ts'
import { trajectoryFields } from '../analysis/trajectory.ts'
import type { Column } from '../arrow/column.ts'
import { columnsOf, type Fields, numberField, optional, textField } from '../arrow/fields.ts'
import { withMeta } from '../database/provenance.ts'
import { storedMetrics } from '../measure/metrics/registry.ts'
import type { Parameters } from '../measure/parameters.ts'
import { version } from '../version.ts'
import type { ExportTable } from './export-table.ts'
import { parametersText } from './tables.ts'

const by = 'the sweep'

/** The members of a row about a measure against a parameter. */
const sweepTestFields = {
  of: textField('a metric of the last checkpoint, or a change from the first', by),
  layer: textField('"all layers" together, or one of them', by),
  against: textField('the parameter', by),
  n: numberField('int32', 'runs with both', by),
  test: optional(textField('which', by)),
  effect: optional(
    numberField('float64', 'rank correlation rho; of groups the rank-biserial correlation of two, epsilon squared of more', by),
  ),
  p: optional(numberField('float64', 'two-sided', by)),
  p_holm: optional(numberField('float64', "corrected by Holm's method over its family", by)),
  family: numberField('int32', 'tests of its family: those of all layers together, or those of single layers', by),
  because: optional(textField('why there is no test', by)),
} as const satisfies Fields

/** A sweep as tables: a row a run, a row a layer of each run's last checkpoint, both with the runs' parameters, and a row a test. */
export function sweepTables(runs: readonly SweepRun[], tests: readonly SweepTest[], parameters: Parameters): ExportTable[] {
  const metadata = {
    'filterlens.kind': 'results.sweep',
    'filterlens.version': version,
    'filterlens.parameters': parametersText(parameters),
  }
  const wholes = sweepRows(runs)
  const ends = runs.flatMap(({ run, meta, rows }) => lastRows(rows).map((row) => ({ run, meta, ...row })))
  const layerColumns: Column[] = columnsOf({ run: sweepFields()['run']!, ...trajectoryFields(storedMetrics(parameters)) }, ends)
  return [
    { name: 'sweep-runs', columns: withMeta(columnsOf(sweepFields(), wholes), wholes).columns, metadata },
    { name: 'sweep-layers', columns: withMeta(layerColumns, ends).columns, metadata },
    ...(tests.length > 0 ? [{ name: 'sweep-tests', columns: columnsOf(sweepTestFields, tests), metadata }] : []),
  ]
}
