import { type GroupReport, metricNames, type ReportModel } from '../analysis/report-types.ts'
import { fixed, list, plural, shorten } from '../words.ts'
import { type Figure, frame, label, WIDE } from './figure.ts'
import { metricWords } from './metric-words.ts'
import { markOf, namedMarks, namesHeight } from './named-marks.ts'
import { loadPlot, panel } from './plot.ts'
import type { SvgNode } from './svg-document.ts'
import { categories, colour } from './theme.ts'

const HEIGHT = 190
const LEFT = 44
const GAP = 14
/** Data sets, a column each. */
const MOST_SETS = 4
/** Architectures that get a mark of their own; the others share one. */
const MOST = categories.length - 1

/** True when there is more than one architecture among models with a robust accuracy. */
export function hasArchitectures({ models }: Pick<GroupReport, 'models'>): boolean {
  return new Set(shownModels(models).flatMap(({ architecture }) => architecture ?? [])).size > 1
}

function shownModels(models: readonly ReportModel[]): ReportModel[] {
  const known = models.filter(({ robust_accuracy }) => robust_accuracy !== null)
  const robust = known.filter(({ group }) => group === 'b')
  return robust.length > 0 ? robust : known
}

/** Each metric against robust accuracy, a panel a data set, a colour and a symbol an architecture. */
export async function accuracyByArchitecture(data: Pick<GroupReport, 'models' | 'datasets' | 'groups'>): Promise<Figure> {
  const plot = await loadPlot()
  const models = shownModels(data.models)
  const named = data.datasets.filter((set) => models.some(({ dataset }) => dataset === set)).slice(0, MOST_SETS)
  const sets: (string | null)[] = named.length > 0 ? named : [null]
  const counts = new Map<string, number>()
  for (const { architecture } of models) if (architecture !== null) counts.set(architecture, (counts.get(architecture) ?? 0) + 1)
  const names = [...counts]
    .sort((p, q) => q[1] - p[1])
    .slice(0, MOST)
    .map(([name]) => name)
  const style = ({ architecture }: ReportModel) => {
    const at = architecture === null ? -1 : names.indexOf(architecture)
    return markOf(at < 0 ? names.length : at)
  }
  const others = models.filter(({ architecture }) => architecture === null || !names.includes(architecture)).length
  const legend = [
    ...names.map((name) => `${shorten(name, 26)} (${counts.get(name)})`),
    ...(others > 0 ? [`others (${others})`] : []),
  ]
  const top = namesHeight(legend.length)
  const width = (WIDE - (sets.length - 1) * GAP) / sets.length
  const drawing: SvgNode[] = namedMarks(plot, legend)
  metricNames.forEach((metric, row) => {
    const last = row === metricNames.length - 1
    sets.forEach((set, column) => {
      const points = models.filter((model) => (set === null || model.dataset === set) && model[metric] !== null)
      const x = column * (width + GAP)
      if (row === 0) drawing.push(label(set ?? 'all', x + LEFT, top + 10, { weight: 600 }))
      if (points.length === 0) {
        drawing.push(label('no value', x + LEFT, top + 14 + row * HEIGHT + HEIGHT / 2, { size: 11, fill: colour.muted }))
        return
      }
      drawing.push(
        panel(plot, x, top + 14 + row * HEIGHT, {
          width,
          height: HEIGHT + (last ? 20 : 0),
          marginLeft: LEFT,
          marginRight: 8,
          marginTop: 22,
          marginBottom: last ? 40 : 22,
          x: { axis: null, nice: true },
          y: { axis: null, nice: true },
          marks: [
            plot.gridY({ stroke: colour.grid, strokeOpacity: 1, ticks: 4 }),
            plot.axisY({
              ticks: 4,
              tickSize: 0,
              tickFormat: metricWords[metric].tick,
              label: column === 0 ? metricWords[metric].axis : null,
              labelArrow: 'none',
            }),
            plot.axisX({
              ticks: 5,
              tickSize: 0,
              tickFormat: (v: number) => fixed(v, 0),
              label: last ? 'robust accuracy (%)' : null,
              labelAnchor: 'center',
              labelArrow: 'none',
            }),
            ...points.map((model) =>
              plot.dot([model], { x: 'robust_accuracy', y: metric, ...style(model), r: 3.2, fillOpacity: 0.85 }),
            ),
          ],
        }),
      )
    })
  })
  return frame(
    {
      id: 'accuracy-by-architecture',
      title: 'Metrics against robust accuracy by architecture',
      caption: `${plural(models.length, models.every(({ group }) => group === 'b') ? `${data.groups.b.name} model` : 'model')} of ${plural(counts.size, 'architecture')}${named.length > 1 ? ` on ${plural(named.length, 'data set')}` : ''}${mostText(counts)}.`,
      width: WIDE,
      height: top + 14 + metricNames.length * HEIGHT + 20,
      note: 'Each model once, metrics over all its layers; robust accuracy in percent as the meta table has it. The number in brackets: models. Correlations within an architecture: filterlens analyze --correlate.',
    },
    ...drawing,
  )
}

/** "; A has the most models (19)"; nothing where all have as many. */
function mostText(counts: ReadonlyMap<string, number>): string {
  const most = Math.max(...counts.values())
  const names = [...counts].filter(([, models]) => models === most).map(([name]) => name)
  if (names.length === counts.size) return ''
  return names.length === 1
    ? `; ${names[0]!} has the most models (${most})`
    : `; ${list(names)} have the most models (${most} each)`
}
