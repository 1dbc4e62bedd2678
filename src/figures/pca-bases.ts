import type { BasisRow, GroupReport } from '../analysis/report-types.ts'
import { list, percent, plural, sentence, shortCount } from '../words.ts'
import { STEPS, stepColour } from './diverging.ts'
import { type Figure, frame, label, WIDE } from './figure.ts'
import { coordinate, element, type SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'
import { drawSquares, filterSquares, outline, weightScale } from './tiles.ts'

export type PcaBasesData = Pick<GroupReport, 'bases' | 'groups'>

const TILE = 66
/** Components drawn: all of a 3×3 basis, the first of a larger one. */
const MOST = 9
const LEFT = 150
const STEP = (WIDE - LEFT) / 9
const ROW = TILE + 40
const HEAD = 22

/** The first nine components of all, a and b as tiles of their taps, each with the share of variance it explains. */
export function pcaBases(data: PcaBasesData): Figure {
  const rows = basesShown(data)
  const drawing: SvgNode[] = []
  const side = Math.round(Math.sqrt(rows[0]?.components[0]?.length ?? 9))
  const shown = Math.min(MOST, side * side)
  for (let i = 0; i < shown; i++)
    drawing.push(label(String(i + 1), LEFT + i * STEP + TILE / 2, 14, { size: 11, fill: colour.muted, anchor: 'middle' }))
  rows.forEach((row, index) => {
    const y = HEAD + index * ROW
    const scale = largest(row.components.slice(0, shown))
    drawing.push(
      label(rowName(row, data), 4, y + TILE / 2 - 5, { weight: 600, fill: rowColour(row) }),
      label(plural(row.models, 'model'), 4, y + TILE / 2 + 11, { size: 11, fill: colour.muted }),
      label(`${shortCount(row.filters)} filters`, 4, y + TILE / 2 + 26, { size: 11, fill: colour.muted }),
    )
    row.components.slice(0, shown).forEach((component, i) => {
      const x = LEFT + i * STEP
      drawing.push(
        drawSquares(filterSquares(component, 0, scale, x, y, TILE / side, side), TILE / side),
        minuses(component, scale, x, y, side),
        outline(x, y, TILE),
      )
      drawing.push(label(percent(row.explained_variance_ratio[i]), x + TILE / 2, y + TILE + 16, { size: 11.5, anchor: 'middle' }))
    })
  })
  const height = HEAD + rows.length * ROW + 16
  drawing.push(weightScale(LEFT, height - 24, 'negative', 'positive'))
  return frame(
    {
      id: 'pca-bases',
      title: 'Principal components of the filters',
      caption: captionOf(rows, data),
      width: WIDE,
      height,
      note: `Components of unit length of all non-sparse ${side}×${side} filters, each filter divided by its largest absolute value; sign: the largest entry is positive. Colours: each row from minus to plus its largest entry, white at zero; a dash marks a negative entry. Percent: share of the variance.`,
    },
    ...drawing,
  )
}

interface Shown extends BasisRow {
  readonly components: readonly (readonly number[])[]
  readonly explained_variance_ratio: readonly number[]
}

/** all, a, b over all data sets: those that have a basis. `all` alone when there are no groups. */
export function basesShown({ bases }: Pick<GroupReport, 'bases'>): Shown[] {
  return bases.filter(
    (row): row is Shown => row.dataset === null && row.components !== null && row.explained_variance_ratio !== null,
  )
}

export function rowName(row: BasisRow, { groups }: Pick<GroupReport, 'groups'>): string {
  return row.group === 'all' ? 'all' : groups[row.group].name
}

export function rowColour(row: BasisRow): string {
  return colour[row.group]
}

function largest(components: readonly (readonly number[])[]): number {
  return components.flat().reduce((most, v) => Math.max(most, Math.abs(v)), 0)
}

/** Dashes on negative entries, so that the sign survives grey print. */
function minuses(component: readonly number[], scale: number, x: number, y: number, side: number): SvgNode {
  const cell = TILE / side
  const paths = { dark: '', light: '' }
  component.forEach((value, tap) => {
    const share = -value / scale
    if (share < 0.1) return
    const dash = `M${coordinate(x + ((tap % side) + 0.5) * cell - 3)} ${coordinate(y + (Math.floor(tap / side) + 0.5) * cell)}h6`
    paths[share < 0.4 ? 'dark' : 'light'] += dash
  })
  return element(
    'g',
    { 'stroke-width': 1.4, fill: 'none' },
    element('path', { d: paths.dark, stroke: stepColour(-STEPS) }),
    element('path', { d: paths.light, stroke: stepColour(0) }),
  )
}

function captionOf(rows: readonly Shown[], data: PcaBasesData): string {
  if (rows.length === 0) return 'No group has enough non-sparse filters for a basis.'
  const first = rows.map(
    (row) =>
      `${percent(row.explained_variance_ratio[0])} of the variance of ${row.group === 'all' ? 'all' : `${rowName(row, data)}`} filters`,
  )
  const a = rows.find((row) => row.group === 'a')
  const b = rows.find((row) => row.group === 'b')
  const spread =
    a && b
      ? b.explained_variance_ratio[0]! < a.explained_variance_ratio[0]!
        ? ` The variance of ${rowName(b, data)} filters is spread over more components.`
        : ` The variance of ${rowName(a, data)} filters is spread over more components.`
      : ''
  return `${sentence(`the first component explains ${list(first)}.`)}${spread}`
}
