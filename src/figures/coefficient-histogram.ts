import { fixed, percent, plural, shorten } from '../words.ts'
import { type Figure, frame, type LegendItem, label, WIDE } from './figure.ts'
import { filtersTaken } from './filters-taken.ts'
import type { RidgeData, RidgeRow } from './histogram-ridges.ts'
import { loadPlot, panel } from './plot.ts'
import { sharesOf } from './ridges.ts'
import type { SvgNode } from './svg-document.ts'
import { categories, colour } from './theme.ts'

const PER_ROW = 3
const HEIGHT = 132
const GAP = 14
/** Components drawn, and sets that can be told apart in one panel. */
const MOST = 9
const MOST_SETS: number = categories.length

/** Histograms of the coefficients, a panel for each component, the sets over one another as steps. */
export async function coefficientHistogram(data: RidgeData & { readonly ratio: readonly number[] }): Promise<Figure> {
  const plot = await loadPlot()
  const rows = data.rows.filter(({ filters }) => filters > 0).slice(0, MOST_SETS)
  const components = Math.min(MOST, rows[0]?.counts.length ?? 0)
  const bins = rows[0]?.counts[0]?.length ?? 1
  const step = (data.range[1] - data.range[0]) / bins
  const width = (WIDE - (PER_ROW - 1) * GAP) / PER_ROW
  const drawing: SvgNode[] = []
  for (let component = 0; component < components; component++) {
    const x = (component % PER_ROW) * (width + GAP)
    const y = Math.floor(component / PER_ROW) * (HEIGHT + 8)
    const shares = rows.map((row) => sharesOf(row.counts[component]!).map((share) => 100 * share))
    const highest = shares.flat().reduce((most, v) => Math.max(most, v), 0)
    drawing.push(
      label(`component ${component + 1}, ${percent(data.ratio[component])} of the variance`, x + 40, y + 12, {
        size: 11,
        fill: colour.muted,
      }),
      panel(plot, x, y + 14, {
        width,
        height: HEIGHT - 14,
        marginLeft: 40,
        marginRight: 4,
        marginTop: 6,
        marginBottom: 22,
        x: { domain: [...data.range], axis: null },
        y: { domain: [0, highest || 1], axis: null },
        marks: [
          plot.axisY({ ticks: 3, tickSize: 0, tickFormat: (v: number) => `${v}`, label: null }),
          plot.axisX({ ticks: 5, tickSize: 3, tickFormat: (v: number) => fixed(v, v % 1 === 0 ? 0 : 1), label: null }),
          plot.ruleX([0], { stroke: colour.grid }),
          ...shares.map((own, index) =>
            plot.lineY(steps(own, data.range[0], step), {
              x: 'x',
              y: 'y',
              stroke: colour[categories[index]!],
              strokeWidth: 1.3,
            }),
          ),
          plot.ruleY([0], { stroke: colour.rule, strokeWidth: 0.75 }),
        ],
      }),
    )
  }
  const legend = rows.map(
    ({ name, filters }, index): LegendItem => ({
      mark: 'line',
      fill: 'none',
      stroke: colour[categories[index]!],
      label: `${shorten(name, 40)} (${plural(filters, 'filter')})`,
    }),
  )
  return frame(
    {
      id: 'coefficient-histogram',
      title: data.title,
      caption: captionOf(rows, data),
      width: WIDE,
      height: Math.ceil(components / PER_ROW) * (HEIGHT + 8) + 4,
      legend,
      note: `Percent of the ${filtersTaken(data, data.kernel)} filters (each divided by its largest absolute value) by their coefficient on the components of ${data.basis}; ${bins} equal bins from ${fixed(data.range[0], 3)} to ${fixed(data.range[1], 3)}.`,
    },
    ...drawing,
  )
}

/** The outline of bars. */
function steps(values: readonly number[], low: number, step: number): { x: number; y: number }[] {
  const points = [{ x: low, y: 0 }]
  for (const [bin, y] of values.entries()) points.push({ x: low + bin * step, y }, { x: low + (bin + 1) * step, y })
  points.push({ x: low + values.length * step, y: 0 })
  return points
}

/** Where the most filled bin of the first component lies. */
function captionOf(rows: readonly RidgeRow[], { range }: RidgeData): string {
  const [first] = rows
  if (!first) return 'No set has a filter to draw.'
  const shares = sharesOf(first.counts[0]!)
  const most = shares.indexOf(shares.reduce((a, b) => Math.max(a, b), 0))
  const step = (range[1] - range[0]) / shares.length
  return `Most filled along component 1 of ${first.name}: the bin from ${fixed(range[0] + most * step, 2)} to ${fixed(range[0] + (most + 1) * step, 2)} with ${percent(shares[most])} of its filters.`
}
