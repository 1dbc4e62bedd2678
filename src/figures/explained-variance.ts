import type { BasisRow, GroupReport } from '../analysis/report-types.ts'
import { list, percent, plural, sentence, shortCount } from '../words.ts'
import { COLUMN, type Figure, frame, type LegendItem } from './figure.ts'
import { type Conventions, filtersTaken } from './filters-taken.ts'
import { basesShown, rowColour, rowName } from './pca-bases.ts'
import { loadPlot, panel } from './plot.ts'
import type { SymbolName } from './symbol-path.ts'
import { colour } from './theme.ts'

const HEIGHT = 250
/** The share at which the caption counts components. */
const MOST = 0.95

/** Cumulative share of the variance over the nine components, one line each for all, a and b. */
export async function explainedVariance(data: Pick<GroupReport, 'bases' | 'groups'> & Conventions): Promise<Figure> {
  const plot = await loadPlot()
  const rows = basesShown(data)
  const series = rows.map((row) => {
    let sum = 0
    const line = row.explained_variance_ratio.map((ratio, i) => ({ component: i + 1, share: 100 * (sum += ratio) }))
    return { row, line, name: rowName(row, data) }
  })
  const marks = series.flatMap(({ row, line }) => {
    const stroke = rowColour(row)
    const symbol = symbolOf(row)
    return [
      plot.lineY(line, {
        x: 'component',
        y: 'share',
        stroke,
        strokeWidth: row.group === 'all' ? 1.5 : 2,
        ...(row.group === 'all' ? { strokeDasharray: '4 3' } : {}),
      }),
      plot.dot(line, { x: 'component', y: 'share', fill: stroke, r: 3.2, symbol }),
    ]
  })
  const components = series.reduce((most, { line }) => Math.max(most, line.length), 2)
  const step = components > 12 ? 4 : 1
  const lowest = Math.min(90, ...series.map(({ line }) => line[0]!.share))
  const drawing = panel(plot, 0, 0, {
    width: COLUMN,
    height: HEIGHT,
    marginLeft: 44,
    marginRight: 12,
    marginTop: 22,
    marginBottom: 36,
    x: { domain: [1, components], axis: null },
    y: { domain: [Math.floor(lowest / 10) * 10, 100], axis: null },
    marks: [
      plot.gridY({ stroke: colour.grid, strokeOpacity: 1, ticks: 5 }),
      plot.axisY({
        ticks: 5,
        tickSize: 0,
        tickFormat: (v: number) => String(v),
        label: 'cumulative explained variance (%)',
        labelArrow: 'none',
      }),
      plot.axisX({
        ticks: Array.from({ length: Math.ceil(components / step) }, (_, i) => 1 + i * step),
        tickSize: 0,
        tickFormat: (v: number) => String(v),
        label: 'principal components',
        labelAnchor: 'center',
        labelArrow: 'none',
      }),
      ...marks,
    ],
  })
  const legend = series.map(
    ({ row, name }): LegendItem => ({
      mark: row.group === 'all' ? 'dash' : 'line',
      fill: 'none',
      stroke: rowColour(row),
      label: name,
      symbol: symbolOf(row),
    }),
  )
  return frame(
    {
      id: 'explained-variance',
      title: 'Cumulative explained variance',
      caption: captionOf(series),
      width: COLUMN,
      height: HEIGHT,
      legend,
      note: `${sentence(filtersTaken(data, ''))} filters, each divided by its largest absolute value: ${list(series.map(({ row, name }) => `${name}: ${shortCount(row.filters)} of ${plural(row.models, 'model')}`))}.`,
    },
    drawing,
  )
}

function symbolOf({ group }: Pick<BasisRow, 'group'>): SymbolName {
  return group === 'a' ? 'circle' : group === 'b' ? 'diamond2' : 'square2'
}

function captionOf(series: readonly { name: string; line: readonly { component: number; share: number }[] }[]): string {
  if (series.length === 0) return 'No group has enough non-sparse filters for a basis.'
  const needed = series.map(
    ({ name, line }) => `${line.find((point) => point.share >= 100 * MOST)?.component ?? line.length} for ${name} filters`,
  )
  return `${sentence(`components that hold ${percent(MOST, 0)} of the variance: ${list(needed)}.`)}`
}
