import type { CoefficientRow, GroupReport } from '../analysis/report-types.ts'
import { fixed, list, percent, sentence, shortCount } from '../words.ts'
import { type Figure, frame, type LegendItem, label, WIDE } from './figure.ts'
import { type Conventions, filtersTaken } from './filters-taken.ts'
import { loadPlot } from './plot.ts'
import { overlapOf, ridgePanel, sharesOf } from './ridges.ts'
import { element, type SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'

const LEFT = 112
const GAP = 8
const ROW = 74
const HEAD = 22

/**
 * Distribution of the coefficients on each component of the common basis, group a and group b over each other; one row
 * for all data sets and one for each. Heights are scaled per component, so that rows compare within a column.
 */
export async function coefficientRidges(
  data: Pick<GroupReport, 'coefficients' | 'groups' | 'bases'> & Conventions,
): Promise<Figure> {
  const plot = await loadPlot()
  const table = data.coefficients
  if (!table) throw new RangeError('the coefficients were not measured')
  const overall = table.groups.filter((row) => row.bucket === 'all' && row.filters > 0)
  const both = (dataset: string | null) => overall.filter((row) => row.dataset === dataset).length > 1
  const found = [...new Set(overall.map((row) => row.dataset))]
  // where the groups are the data sets themselves, a row of one would compare nothing
  const scopes = found.some((dataset) => dataset !== null && both(dataset)) ? found : found.slice(0, 1)
  // with a single data set its row would repeat the first one
  const shown = scopes.length === 2 ? scopes.slice(0, 1) : scopes
  const rows = shown.map((dataset) => ({ dataset, sides: overall.filter((row) => row.dataset === dataset) }))
  const width = (WIDE - LEFT - 8 * GAP) / 9
  const drawing: SvgNode[] = []
  for (let component = 0; component < 9; component++) {
    const left = LEFT + component * (width + GAP)
    const highest = rows
      .flatMap(({ sides }) => sides.flatMap((side) => shares(side, component)))
      .reduce((most, v) => Math.max(most, v), 0)
    drawing.push(label(String(component + 1), left + width / 2, 14, { size: 11, fill: colour.muted, anchor: 'middle' }))
    rows.forEach(({ sides }, index) => {
      const last = index === rows.length - 1
      drawing.push(
        ridgePanel(plot, {
          ...{ x: left, y: HEAD + index * ROW, width, height: ROW, marginTop: 6, range: table.range, highest },
          ticks: last ? (table.range[1] - table.range[0] > 5 ? [-2, 0, 2] : [-1, 0, 1]) : undefined,
          ridges: sides.map((side) => ({
            shares: shares(side, component),
            fill: side.group === 'a' ? colour.aTint : colour.bTint,
            fillOpacity: 0.55,
            stroke: colour[side.group],
          })),
        }),
      )
    })
  }
  rows.forEach(({ dataset, sides }, index) => {
    const y = HEAD + index * ROW + 40
    drawing.push(label(dataset ?? 'all', 4, y, { weight: 600 }))
    sides.forEach((side, i) => {
      drawing.push(label(`${shortCount(side.filters)}`, 4, y + 14 + 13 * i, { size: 10.5, fill: colour[side.group] }))
    })
  })
  const height = HEAD + rows.length * ROW + 20
  const legend: LegendItem[] = (['a', 'b'] as const).map((side) => ({
    mark: 'box',
    fill: side === 'a' ? colour.aTint : colour.bTint,
    stroke: colour[side],
    label: data.groups[side].name,
  }))
  return frame(
    {
      id: 'coefficient-ridges',
      title: 'Distributions of the coefficients',
      caption: captionOf(overall, data),
      width: WIDE,
      height,
      legend,
      note: `Coefficients of ${filtersTaken(data)} filters (each divided by its largest absolute value) on the components of the basis of all ${table.basis_models} models; ${table.bins} equal bins from ${fixed(table.range[0], 2)} to ${fixed(table.range[1], 2)}. Height: share of the group's filters in a bin, scaled per component. Small numbers: filters.`,
    },
    element('g', {}, ...drawing),
  )
}

/** Share of the group's filters in each bin. */
function shares(row: CoefficientRow, component: number): number[] {
  return sharesOf(row.counts[component]!)
}

function captionOf(rows: readonly CoefficientRow[], { groups }: Pick<GroupReport, 'groups'>): string {
  const a = rows.find((row) => row.dataset === null && row.group === 'a')
  const b = rows.find((row) => row.dataset === null && row.group === 'b')
  if (!a || !b) return 'How the filters spread along the components of the common basis.'
  const overlaps = Array.from({ length: 9 }, (_, i) => overlapOf(shares(a, i), shares(b, i)))
  const least = overlaps.indexOf(Math.min(...overlaps))
  const most = overlaps.indexOf(Math.max(...overlaps))
  const range =
    least === most
      ? percent(overlaps[least], 0)
      : `${percent(overlaps[least], 0)} (component ${least + 1}) to ${percent(overlaps[most], 0)} (component ${most + 1})`
  return `${sentence(list([groups.a.name, groups.b.name]))} filters: their distributions overlap by ${range}.`
}
