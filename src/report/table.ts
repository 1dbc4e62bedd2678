import { type Html, html } from './html.ts'

/** A column: its heading, and the cell of a row. Numbers are set right, in figures of one width. */
export interface HtmlColumn<Row> {
  readonly head: string
  /** What the heading means, for a pointer at rest. */
  readonly title?: string
  readonly number?: boolean
  readonly cell: (row: Row) => Html | string
}

/** A table; the first column heads its rows. Where all others hold numbers the table says so once, not every cell. */
export function htmlTable<Row>(caption: string, columns: readonly HtmlColumn<Row>[], rows: readonly Row[], className = ''): Html {
  const allNumbers = columns.length > 1 && columns.every((column, i) => (i === 0 ? !column.number : column.number))
  const kind = (column: HtmlColumn<Row>) => (column.number && !allNumbers ? html` class="n"` : '')
  const head = columns.map(
    (column) => html`<th scope="col"${kind(column)}${column.title ? html` title="${column.title}"` : ''}>${column.head}</th>`,
  )
  const body = rows.map((row) => {
    const cells = columns.map((column, i) =>
      i === 0 ? html`<th scope="row"${kind(column)}>${column.cell(row)}</th>` : html`<td${kind(column)}>${column.cell(row)}</td>`,
    )
    return html`<tr>${cells}</tr>`
  })
  const classes = [className, allNumbers ? 'numbers' : ''].filter(Boolean).join(' ')
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table${classes ? html` class="${classes}"` : ''}><caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`
}
