import { modelCounts } from '../analysis/counts.ts'
import type { ModelRow } from '../measure/model-row.ts'
import { count, fixed, percent } from '../words.ts'
import { printable, terminalTable } from './terminal.ts'

/** Models and filters by data set and group; undefined where their metadata names fewer than two data sets. `datasets`: their order. */
export function countsView(models: readonly ModelRow[], datasets?: readonly string[]): string | undefined {
  const rows = modelCounts(models, datasets).filter(({ dataset, architecture }) => dataset !== null && architecture === null)
  if (new Set(rows.map(({ dataset }) => dataset)).size < 2) return undefined
  const groups = rows.some(({ group }) => group !== null)
  const right = 'right' as const
  const table = terminalTable(
    [
      { title: 'data set' },
      ...(groups ? [{ title: 'group' }] : []),
      { title: 'models', align: right },
      { title: 'filters', align: right, drop: 2 },
      { title: 'a model', align: right, drop: 1 },
      { title: 'sparse', align: right, drop: 3 },
      { title: 'clean acc.', short: 'clean', align: right },
      { title: 'robust acc.', short: 'robust', align: right },
    ],
    rows.map((row) => [
      printable(row.dataset!),
      ...(groups ? [row.group ?? 'all'] : []),
      count(row.models),
      count(row.filters),
      row.filters_per_model === null ? '–' : count(row.filters_per_model),
      percent(row.sparsity),
      fixed(row.clean_accuracy, 1),
      fixed(row.robust_accuracy, 1),
    ]),
  )
  return `${table}\n`
}
