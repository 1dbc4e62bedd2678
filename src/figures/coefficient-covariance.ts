import { fixed, plural, shorten } from '../words.ts'
import { stepColour, weightStep } from './diverging.ts'
import { type Figure, frame, label, WIDE } from './figure.ts'
import { type Conventions, filtersTaken } from './filters-taken.ts'
import { element, type SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'
import { outline, weightScale } from './tiles.ts'

/** The covariance of the coefficients of a set of filters in a basis, components × components. */
export interface CovarianceRow {
  readonly name: string
  readonly filters: number
  readonly covariance: readonly (readonly number[])[]
}

const PER_ROW = 3
const GAP = 24
const HEAD = 36
/** Matrices drawn. */
const MOST = 24

/** Covariance of the coefficients, a matrix for each set; off the diagonal it is 0 where the basis is the set's own. */
export function coefficientCovariance(
  rows: readonly CovarianceRow[],
  basis: string,
  kernel: string,
  conventions: Conventions = {},
): Figure {
  const shown = rows.slice(0, MOST)
  const side = (WIDE - (PER_ROW - 1) * GAP) / PER_ROW - 26
  const highest = shown.flatMap(({ covariance }) => covariance.flat()).reduce((most, v) => Math.max(most, Math.abs(v)), 0)
  const drawing: SvgNode[] = []
  shown.forEach((row, index) => {
    const n = row.covariance.length
    const cell = Math.floor(side / n)
    const left = 24 + (index % PER_ROW) * (side + 24 + GAP)
    const top = HEAD + Math.floor(index / PER_ROW) * (side + HEAD + 12)
    drawing.push(
      label(`${shorten(row.name, 34)} (${plural(row.filters, 'filter')})`, left, top - 20, { weight: 600, size: 11.5 }),
    )
    row.covariance.forEach((line, i) => {
      if (n <= 12) {
        drawing.push(
          label(String(i + 1), left - 6, top + (i + 0.5) * cell + 4, { size: 10.5, fill: colour.muted, anchor: 'end' }),
        )
        drawing.push(label(String(i + 1), left + (i + 0.5) * cell, top - 5, { size: 10.5, fill: colour.muted, anchor: 'middle' }))
      }
      line.forEach((value, j) => {
        const [x, y] = [left + j * cell, top + i * cell]
        drawing.push(
          element('rect', { x, y, width: cell, height: cell, fill: stepColour(weightStep(highest > 0 ? value / highest : 0)) }),
        )
        if (n <= 12 && Math.abs(value) >= 0.0005)
          drawing.push(
            label(fixed(value, cell < 30 ? 2 : 3), x + cell / 2, y + cell / 2 + 3, {
              size: 8.5,
              anchor: 'middle',
              fill: Math.abs(value) > 0.6 * highest ? PALE : INK,
            }),
          )
      })
    })
    drawing.push(outline(left, top, n * cell))
  })
  const bottom = HEAD + Math.ceil(shown.length / PER_ROW) * (side + HEAD + 12)
  drawing.push(weightScale(24, bottom - 26, `−${fixed(highest, 3)}`, `+${fixed(highest, 3)}`))
  const left = rows.length - shown.length
  return frame(
    {
      id: 'coefficient-covariance',
      title: 'Covariance of the coefficients',
      caption: captionOf(shown),
      width: WIDE,
      height: Math.ceil(bottom),
      note: `Covariance (divisor n − 1) of the coefficients of ${filtersTaken(conventions, kernel)} filters (each divided by its largest absolute value) on the components of ${basis}; one scale of colours for all.${left > 0 ? ` ${plural(left, 'more set')} not drawn.` : ''}`,
    },
    ...drawing,
  )
}

/** The same in both themes: the cells below are pictures, which stay light. */
const INK = '#1A222C'
const PALE = '#FFFFFE'

function captionOf(rows: readonly CovarianceRow[]): string {
  let most = { value: 0, name: rows[0]?.name ?? '', i: 0, j: 0 }
  for (const { name, covariance } of rows)
    for (let i = 0; i < covariance.length; i++)
      for (let j = 0; j < i; j++)
        if (Math.abs(covariance[i]![j]!) > Math.abs(most.value)) most = { value: covariance[i]![j]!, name, i: j, j: i }
  if (Math.abs(most.value) < 1e-9) return 'In its own basis the coefficients are uncorrelated: all is on the diagonal.'
  return `The largest covariance of two components is ${fixed(most.value, 4)}, of components ${most.i + 1} and ${most.j + 1} of ${most.name}.`
}
