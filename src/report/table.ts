import { type Html, html } from './html.ts'

/** A column: its heading, and the cell of a row. Numbers are set right, in figures of one width. */
export interface Column<Row> {
  readonly head: string
  /** What the heading means, for a pointer at rest. */
  readonly title?: string
  readonly number?: boolean
  readonly cell: (row: Row) => Html | string
}

/** A table; the first column heads its rows. */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[], className = ''): Html {
  const head = columns.map(
    (c) => html`<th scope="col"${attribute('class', c.number ? 'n' : '')}${attribute('title', c.title)}>${c.head}</th>`,
  )
  const body = rows.map((row) => {
    const cells = columns.map((column, i) => {
      const kind = attribute('class', column.number ? 'n' : '')
      return i === 0 ? html`<th scope="row"${kind}>${column.cell(row)}</th>` : html`<td${kind}>${column.cell(row)}</td>`
    })
    return html`<tr>${cells}</tr>`
  })
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table${attribute('class', className)}><caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`
}

function attribute(name: string, value: string | undefined): Html | '' {
  if (!value) return ''
  return name === 'class' ? html` class="${value}"` : html` title="${value}"`
}
