import { requireColumn, requireLabels, requireNumbers } from './meta-column.ts'
import type { MetaTable } from './meta-table.ts'
import type { StudyQuestion } from './study.ts'

/** What is asked of the columns of the models' metadata. */
export interface AskedColumns extends StudyQuestion {
  readonly pairBy?: readonly string[] | undefined
}

/**
 * Before anything is measured: what the table alone shows to be no answer to a question. `isAll`: the table is all that is known of
 * the models; otherwise their files may hold further columns, and only a column of the table with words where numbers are asked
 * for is refused.
 * @throws UsageError for a column that is not there, is empty, holds words for numbers, or is the same for all
 */
export function requireAskedColumns(table: MetaTable | undefined, asked: AskedColumns, isAll: boolean): void {
  const rows = (table?.rows ?? []).map(({ name, values }) => ({ model: name, meta: values }))
  const { groupBy = [], within, correlate = [], pairBy = [] } = asked
  for (const name of correlate) if (isAll || table?.columns.includes(name)) requireNumbers(rows, 'correlate', name)
  if (!isAll) return
  for (const name of groupBy) requireLabels(rows, name)
  if (within !== undefined) requireColumn(rows, 'within', within)
  for (const name of pairBy) requireColumn(rows, 'pair-by', name)
}
