import type { BasisRow, GroupReport } from '../analysis/report-types.ts'
import { list, percent, plural, sentence, shortCount } from '../words.ts'
import { STEPS, stepColour } from './diverging.ts'
import { type Figure, frame, label, WIDE } from './figure.ts'
import { type Conventions, filtersTaken } from './filters-taken.ts'
import { coordinate, element, type SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'
import { drawSquares, filterSquares, outline, weightScale } from './tiles.ts'

export type PcaBasesData = Pick<GroupReport, 'bases' | 'groups'> & Conventions

const TILE = 66
/** Where the tiles of a row begin, and from one row to the next. */
export const BASIS_LEFT = 150
export const BASIS_ROW: number = TILE + 40
/** Components drawn: all of a 3×3 basis, the first of a larger one. */
const MOST = 9
const STEP = (WIDE - BASIS_LEFT) / 9
const HEAD = 22

/** The first nine components of all, a and b as tiles of their taps, each with the share of variance it explains. */
export function pcaBases(data: PcaBasesData): Figure {
  const found = basesShown(data)
  const all = found.find(({ group }) => group === 'all')
  const rows = found.map((row) => alignedTo(all, row))
  const drawing: SvgNode[] = []
  const side = Math.round(Math.sqrt(rows[0]?.components[0]?.length ?? 9))
  const shown = Math.min(MOST, side * side)
  for (let i = 0; i < shown; i++)
    drawing.push(label(String(i + 1), BASIS_LEFT + i * STEP + TILE / 2, 14, { size: 11, fill: colour.muted, anchor: 'middle' }))
  rows.forEach((row, index) => {
    const y = HEAD + index * BASIS_ROW
    drawing.push(
      label(rowName(row, data), 4, y + TILE / 2 - 5, { weight: 600, fill: rowColour(row) }),
      label(plural(row.models, 'model'), 4, y + TILE / 2 + 11, { size: 11, fill: colour.muted }),
      label(`${shortCount(row.filters)} filters`, 4, y + TILE / 2 + 26, { size: 11, fill: colour.muted }),
    )
    for (const tile of componentTiles(row, y, [side, side])) drawing.push(tile)
  })
  const height = HEAD + rows.length * BASIS_ROW + 16
  drawing.push(weightScale(BASIS_LEFT, height - 24, 'negative', 'positive'))
  return frame(
    {
      id: 'pca-bases',
      title: 'Principal components of the filters',
      caption: captionOf(rows, data),
      width: WIDE,
      height,
      note: `Components of unit length of all ${filtersTaken(data, `${side}×${side}`).replace('all ', '')} filters, each filter divided by its largest absolute value; sign: the largest entry ${rows.length > 1 ? 'of all is positive, the others point the same way' : 'is positive'}. Colours: each row from minus to plus its largest entry, white at zero; a dash marks a negative entry. Percent: share of the variance.`,
    },
    ...drawing,
  )
}

/** A component a tile, each with its share of the variance below it; one scale for all of them. */
export function componentTiles(
  row: { readonly components: readonly (readonly number[])[]; readonly explained_variance_ratio: readonly number[] },
  y: number,
  [height, width]: readonly [height: number, width: number],
): SvgNode[] {
  const shown = row.components.slice(0, MOST)
  const scale = largest(shown)
  const cell = TILE / Math.max(height, width)
  return shown.flatMap((component, i) => {
    const x = BASIS_LEFT + i * STEP
    return [
      drawSquares(filterSquares(component, 0, scale, x, y, cell, width, height), cell),
      minuses(component, scale, x, y, width, cell),
      outline(x, y, width * cell, height * cell),
      label(percent(row.explained_variance_ratio[i]), x + TILE / 2, y + TILE + 16, { size: 11.5, anchor: 'middle' }),
    ]
  })
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
function minuses(component: readonly number[], scale: number, x: number, y: number, side: number, cell: number): SvgNode {
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
  const spread = a && b ? spreadOf(a, b, data) : ''
  return `${sentence(`the first component explains ${list(first)}.`)}${spread}`
}

/** Said only where every first few components hold less, and the first one visibly so: the numbers beside it must show it. */
function spreadOf(a: Shown, b: Shown, data: PcaBasesData): string {
  const [x, y] = [a, b].map(({ explained_variance_ratio: ratios }) => {
    let sum = 0
    return ratios.map((ratio) => (sum += ratio))
  }) as [number[], number[]]
  const visibly = percent(a.explained_variance_ratio[0]) !== percent(b.explained_variance_ratio[0])
  const wider = (u: readonly number[], v: readonly number[]): boolean => u.slice(0, -1).every((sum, k) => sum < v[k]!)
  if (!visibly || x.length !== y.length) return ''
  if (wider(y, x)) return ` The variance of ${rowName(b, data)} filters is spread over more components.`
  return wider(x, y) ? ` The variance of ${rowName(a, data)} filters is spread over more components.` : ''
}

/** A basis with each component turned to point the same way as the reference's: a sign means nothing by itself. */
export function alignedTo<Basis extends { readonly components: readonly (readonly number[])[] }>(
  reference: Pick<Basis, 'components'> | undefined,
  row: Basis,
): Basis {
  if (!reference || reference === row) return row
  const components = row.components.map((component, k) => {
    const other = reference.components[k]
    const product = other?.length === component.length ? component.reduce((sum, value, tap) => sum + value * other[tap]!, 0) : 0
    return product < 0 ? component.map((value) => -value) : component
  })
  return { ...row, components }
}
