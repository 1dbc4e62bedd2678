import { list, percent, plural, shortCount, shorten } from '../words.ts'
import { type Figure, frame, label, WIDE } from './figure.ts'
import { type Conventions, filtersTaken } from './filters-taken.ts'
import { alignedTo, BASIS_LEFT, BASIS_ROW, componentTiles } from './pca-bases.ts'
import type { SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'
import { weightScale } from './tiles.ts'

/** A basis of its own: of a model, a layer, or any other set of filters. */
export interface OwnBasis {
  readonly name: string
  /** Below the name: how many layers or models. */
  readonly facts: string
  readonly filters: number
  readonly components: readonly (readonly number[])[]
  readonly explained_variance_ratio: readonly number[]
}

const HEAD = 22

/** The principal components of several sets of filters, each in a row of its own and from its own filters alone. */
export function ownBases(
  rows: readonly OwnBasis[],
  kernel: readonly [height: number, width: number],
  conventions: Conventions = {},
): Figure {
  const drawing: SvgNode[] = []
  rows.forEach((row, index) => {
    const y = HEAD + index * BASIS_ROW
    drawing.push(
      label(shorten(row.name, 21), 4, y + 28, { weight: 600, size: 11 }),
      label(row.facts, 4, y + 44, { size: 11, fill: colour.muted }),
      label(`${shortCount(row.filters)} filters`, 4, y + 59, { size: 11, fill: colour.muted }),
      ...componentTiles(alignedTo(rows[0], row), y, kernel),
    )
  })
  const height = HEAD + rows.length * BASIS_ROW + 16
  drawing.push(weightScale(BASIS_LEFT, height - 24, 'negative', 'positive'))
  const [rowsOf, columns] = kernel
  return frame(
    {
      id: 'own-bases',
      title: 'Principal components of each',
      caption: captionOf(rows),
      width: WIDE,
      height,
      note: `Each row from its own filters alone: components of unit length of all ${filtersTaken(conventions, `${rowsOf}×${columns}`).replace('all ', '')} filters, each filter divided by its largest absolute value; sign: of the first row the largest entry is positive, the others are turned to it. Colours: each row from minus to plus its largest entry, white at zero; a dash marks a negative entry. Percent: share of the variance.`,
    },
    ...drawing,
  )
}

function captionOf(rows: readonly OwnBasis[]): string {
  const share = (row: OwnBasis) => row.explained_variance_ratio[0] ?? 0
  const byShare = [...rows].sort((p, q) => share(q) - share(p))
  const [most, least] = [byShare[0]!, byShare.at(-1)!]
  const of = (row: OwnBasis) => `${percent(share(row))} of the variance of ${row.name}`
  if (rows.length <= 3) return `The first component explains ${list(rows.map(of))}.`
  return `The first component explains from ${of(least)} to ${of(most)}, of ${plural(rows.length, 'basis', 'bases')}.`
}
