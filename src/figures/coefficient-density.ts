import { fixed, percent, plural, sentence, shorten } from '../words.ts'
import { type Figure, frame, label, WIDE } from './figure.ts'
import { type Conventions, filtersTaken } from './filters-taken.ts'
import { drawPicture } from './picture.ts'
import type { SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'
import { outline } from './tiles.ts'

/** Filters by their coefficients on two components: bins × bins, row-major, the second component down the rows. */
export interface DensityRow {
  readonly name: string
  readonly filters: number
  readonly counts: Float64Array
}

export interface DensityData extends Conventions {
  readonly rows: readonly DensityRow[]
  /** From 1. */
  readonly components: readonly [across: number, up: number]
  readonly bins: number
  readonly across: readonly [low: number, high: number]
  readonly up: readonly [low: number, high: number]
  readonly basis: string
  readonly kernel: string
}

const PER_ROW = 3
const GAP = 26
const LEFT = 40
const HEAD = 24
/** Sets drawn. */
const MOST = 12

/** How the filters spread over two components together, a square for each set of filters. */
export function coefficientDensity(data: DensityData): Figure {
  const rows = data.rows.filter(({ filters }) => filters > 0).slice(0, MOST)
  const side = Math.floor((WIDE - PER_ROW * LEFT - (PER_ROW - 1) * GAP) / PER_ROW)
  const drawing: SvgNode[] = []
  const { bins } = data
  rows.forEach((row, index) => {
    const left = LEFT + (index % PER_ROW) * (side + LEFT + GAP)
    const top = HEAD + Math.floor(index / PER_ROW) * (side + HEAD + 44)
    const most = row.counts.reduce((a, b) => Math.max(a, b), 0)
    const rgb = new Uint8Array(3 * bins * bins)
    row.counts.forEach((n, at) => {
      // the second component grows upwards
      const place = (bins - 1 - Math.floor(at / bins)) * bins + (at % bins)
      rgb.set(shade(most > 0 ? Math.sqrt(n / most) : 0), 3 * place)
    })
    const text = { size: 10.5, fill: colour.muted }
    const [low, high] = data.across
    drawing.push(
      label(`${shorten(row.name, 34)} (${plural(row.filters, 'filter')})`, left, top - 8, { weight: 600, size: 11.5 }),
      drawPicture({ width: bins, height: bins, rgb }, left, top, side, side),
      outline(left, top, side),
      label(fixed(low, 2), left, top + side + 14, text),
      label(`component ${data.components[0]}`, left + side / 2, top + side + 14, { ...text, anchor: 'middle' }),
      label(fixed(high, 2), left + side, top + side + 14, { ...text, anchor: 'end' }),
      label(fixed(data.up[1], 2), left - 5, top + 9, { ...text, anchor: 'end' }),
      label(`c. ${data.components[1]}`, left - 5, top + side / 2 + 4, { ...text, anchor: 'end' }),
      label(fixed(data.up[0], 2), left - 5, top + side, { ...text, anchor: 'end' }),
    )
  })
  const left = data.rows.length - rows.length
  return frame(
    {
      id: 'coefficient-density',
      title: `Density of the coefficients on components ${data.components[0]} and ${data.components[1]}`,
      caption: captionOf(rows, data),
      width: WIDE,
      height: HEAD + Math.ceil(rows.length / PER_ROW) * (side + HEAD + 44) - 20,
      note: `${sentence(filtersTaken(data, data.kernel))} filters, each divided by its largest absolute value, by their coefficients on two components of ${data.basis}; ${bins} × ${bins} bins over one range. Darkness: square root of the filters in a bin, full where a set has most.${left > 0 ? ` ${plural(left, 'more set')} not drawn.` : ''}`,
    },
    ...drawing,
  )
}

function shade(share: number): number[] {
  const low = [255, 255, 255]
  const high = [45, 36, 100]
  return low.map((v, i) => Math.round(v + share * (high[i]! - v)))
}

function captionOf(rows: readonly DensityRow[], { bins, across, up, components }: DensityData): string {
  const [first] = rows
  if (!first) return 'No set has a filter to draw.'
  const most = first.counts.reduce((a, b) => Math.max(a, b), 0)
  const at = first.counts.indexOf(most)
  const middle = ([low, high]: readonly [number, number], bin: number) => low + ((bin + 0.5) * (high - low)) / bins
  return `The fullest bin of ${first.name} holds ${percent(most / first.filters)} of its filters, at ${fixed(middle(across, at % bins), 2)} on component ${components[0]} and ${fixed(middle(up, Math.floor(at / bins)), 2)} on component ${components[1]}.`
}
