import { fixed, list, percent, shortCount, shorten } from '../words.ts'
import { type Figure, frame, label, textWidth, WIDE } from './figure.ts'
import { type Conventions, filtersTaken } from './filters-taken.ts'
import { loadPlot } from './plot.ts'
import { overlapOf, ridgePanel, sharesOf } from './ridges.ts'
import type { SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'

/** The coefficients of a set of filters: a row of the figure. */
export interface RidgeRow {
  readonly name: string
  readonly filters: number
  /** Filters by bin, components × bins. */
  readonly counts: readonly (readonly number[])[]
}

export interface RidgeData extends Conventions {
  readonly title: string
  readonly rows: readonly RidgeRow[]
  /** Of all bins. */
  readonly range: readonly [low: number, high: number]
  /** Whose basis it is: "the basis of all 12 models". */
  readonly basis: string
  /** Rows and columns of a filter: "3×3". */
  readonly kernel: string
}

const GAP = 8
const ROW = 46
const HEAD = 22
/** Components drawn. */
const MOST = 9

/** Distributions of the coefficients on each component, a row for each set of filters; heights compare within a column. */
export async function histogramRidges(data: RidgeData): Promise<Figure> {
  const plot = await loadPlot()
  const rows = data.rows.filter(({ filters }) => filters > 0)
  const components = Math.min(MOST, rows[0]?.counts.length ?? 0)
  const names = rows.map(({ name }) => shorten(name, 26))
  const left = Math.max(80, Math.ceil(names.reduce((most, name) => Math.max(most, textWidth(name, 11.5)), 0)) + 14)
  const width = (WIDE - left - (MOST - 1) * GAP) / MOST
  const bins = rows[0]?.counts[0]?.length ?? 1
  const drawing: SvgNode[] = []
  for (let component = 0; component < components; component++) {
    const x = left + component * (width + GAP)
    const shares = rows.map((row) => sharesOf(row.counts[component]!))
    const highest = shares.flat().reduce((most, v) => Math.max(most, v), 0)
    drawing.push(label(String(component + 1), x + width / 2, 14, { size: 11, fill: colour.muted, anchor: 'middle' }))
    rows.forEach((_, index) => {
      const last = index === rows.length - 1
      drawing.push(
        ridgePanel(plot, {
          ...{ x, y: HEAD + index * ROW, width, height: ROW, marginTop: 4, range: data.range, highest },
          ticks: last ? ticksOf(data.range) : undefined,
          ridges: [{ shares: shares[index]!, fill: colour.accent, fillOpacity: 0.22, stroke: colour.accent }],
        }),
      )
    })
  }
  rows.forEach((row, index) => {
    const y = HEAD + index * ROW + 24
    drawing.push(label(names[index]!, 4, y, { weight: 600, size: 11.5 }))
    drawing.push(label(shortCount(row.filters), 4, y + 14, { size: 10.5, fill: colour.muted }))
  })
  return frame(
    {
      id: 'histogram-ridges',
      title: data.title,
      caption: captionOf(rows, components),
      width: WIDE,
      height: HEAD + rows.length * ROW + 22,
      note: `Coefficients of ${filtersTaken(data, data.kernel)} filters (each divided by its largest absolute value) on the components of ${data.basis}; ${bins} equal bins from ${fixed(data.range[0], 2)} to ${fixed(data.range[1], 2)}. Height: share of the row's filters in a bin, scaled per component. Small numbers: filters.`,
    },
    ...drawing,
  )
}

/** Ticks of an axis of coefficients: whole numbers, few. */
function ticksOf([low, high]: readonly [number, number]): number[] {
  return high - low > 5 ? [-2, 0, 2] : [-1, 0, 1].filter((v) => v >= low && v <= high)
}

/** The component on which the two rows that differ most overlap least. */
function captionOf(rows: readonly RidgeRow[], components: number): string {
  if (rows.length === 0) return 'No set has a filter to draw.'
  if (rows.length === 1) return `The coefficients of ${rows[0]!.name} along its first ${components} components.`
  let least = { share: 2, component: 0, i: 0, j: 0 }
  for (let component = 0; component < components; component++) {
    const shares = rows.map((row) => sharesOf(row.counts[component]!))
    for (let i = 0; i < rows.length; i++)
      for (let j = 0; j < i; j++) {
        const share = overlapOf(shares[i]!, shares[j]!)
        if (share < least.share) least = { share, component, i: j, j: i }
      }
  }
  const pair = list([rows[least.i]!.name, rows[least.j]!.name])
  return `The smallest overlap of two rows, ${percent(least.share, 0)}, is that of ${pair} along component ${least.component + 1}.`
}
