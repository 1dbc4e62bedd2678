import { type ModelCount, modelCounts } from '../analysis/counts.ts'
import type { ModelRow } from '../measure/model-row.ts'
import { count, fixed, percent } from '../words.ts'
import { type Html, html } from './html.ts'
import { type HtmlColumn, htmlTable } from './table.ts'

/** Rows of the table; more would fill pages. */
const MOST_ROWS = 60

/** Models and filters by data set, group and architecture, to be opened; nothing where the models' metadata does not say these. */
export function countsTable(models: readonly ModelRow[], datasets?: readonly string[]): Html | '' {
  const rows = modelCounts(models, datasets)
  if (models.length < 3 || rows.length < 3) return ''
  const accuracy = (value: number | null): string => (value === null ? '–' : fixed(value, 1))
  const columns: HtmlColumn<ModelCount>[] = [
    { head: 'data set', cell: ({ dataset }) => dataset ?? 'all' },
    { head: 'architecture', cell: ({ architecture }) => architecture ?? 'all' },
    { head: 'group', cell: ({ group }) => group ?? 'all' },
    { head: 'models', number: true, cell: (row) => count(row.models) },
    { head: 'layers', number: true, cell: ({ layers }) => count(layers) },
    { head: 'filters', number: true, cell: ({ filters }) => count(filters) },
    { head: 'a model', title: 'filters of a model, on average', number: true, cell: (row) => fixed(row.filters_per_model, 0) },
    { head: 'sparse', number: true, cell: ({ sparsity }) => percent(sparsity) },
    { head: 'clean accuracy', title: 'mean', number: true, cell: (row) => accuracy(row.clean_accuracy) },
    { head: 'robust accuracy', title: 'mean', number: true, cell: (row) => accuracy(row.robust_accuracy) },
  ]
  const shown = rows.slice(0, MOST_ROWS)
  const rest = rows.length - shown.length
  const table = htmlTable(
    `Models and filters${rest > 0 ? `; ${count(rest)} more rows in the table counts (filterlens export)` : ''}`,
    columns,
    shown,
    'dense',
  )
  return html`<details class="aside"><summary>How many models and filters, by data set and architecture</summary>${table}</details>`
}
