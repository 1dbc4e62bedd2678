import {
  type CorrelationRow,
  type GroupReport,
  type MetricName,
  metricNames,
  type ReportModel,
} from '../analysis/report-types.ts'
import { fixed, list, plural, pNumber, pValue, sentence, tick } from '../words.ts'
import { type Figure, frame, type LegendItem, label, textWidth, WIDE } from './figure.ts'
import { metricWords } from './metric-words.ts'
import { loadPlot, panel } from './plot.ts'
import type { SvgNode } from './svg-document.ts'
import { categories, colour, symbols } from './theme.ts'

const HEIGHT = 260
const GAP = 26
const LEFT = 40
const MOST_SERIES = 6

/**
 * Each metric of the studied group's models against their robust accuracy, a colour and a symbol a data set, with
 * Spearman's rho of each data set above its panel.
 */
export async function metricAgainstAccuracy(
  data: Pick<GroupReport, 'models' | 'correlations' | 'groups' | 'datasets'>,
): Promise<Figure> {
  const plot = await loadPlot()
  const group = data.models.some((m) => m.group === 'b' && m.robust_accuracy !== null) ? 'b' : null
  const models = data.models.filter((m) => m.robust_accuracy !== null && (group === null || m.group === group))
  const isPercent = models.some(({ robust_accuracy: accuracy }) => accuracy! > 1)
  const names =
    data.datasets.length > 1 ? data.datasets.filter((name) => models.some((m) => m.dataset === name)).slice(0, MOST_SERIES) : []
  const style = (model: ReportModel) => {
    const at = model.dataset === null ? -1 : names.indexOf(model.dataset)
    return at < 0 ? { fill: colour.all, symbol: symbols[0] } : { fill: colour[categories[at]!], symbol: symbols[at]! }
  }
  const width = (WIDE - 2 * GAP) / 3
  const head = 22 + Math.max(1, names.length) * 14
  const drawing: SvgNode[] = []
  metricNames.forEach((metric, column) => {
    const x = column * (width + GAP)
    const points = models.filter((m) => m[metric] !== null)
    drawing.push(label(sentence(metricWords[metric].axis), x + 4, 12, { size: 11.5, weight: 600 }))
    const lines = correlationsShown(data.correlations, metric, group, names)
    lines.forEach((line, i) => {
      const fill = line.value === null ? colour.muted : colour[categories[names.indexOf(line.value)] ?? 'all']
      const name = line.value === null ? '' : `${line.value}: `
      drawing.push(
        label(
          line.rho === null
            ? `${name}rho undefined, n = ${line.n}`
            : `${name}rho = ${fixed(line.rho, 2)}, ${pValue(pOf(line))}, n = ${line.n}`,
          x + 4,
          29 + 14 * i,
          { size: 11, fill },
        ),
      )
    })
    drawing.push(
      panel(plot, x, head, {
        width,
        height: HEIGHT - head,
        marginLeft: LEFT,
        marginRight: 8,
        marginTop: 8,
        marginBottom: 36,
        x: { axis: null, nice: true },
        y: { axis: null, nice: true },
        marks: [
          plot.gridY({ stroke: colour.grid, strokeOpacity: 1, ticks: 5 }),
          plot.gridX({ stroke: colour.grid, strokeOpacity: 1, ticks: 5 }),
          plot.axisY({ ticks: 5, tickSize: 0, tickFormat: metricWords[metric].tick, label: null }),
          plot.axisX({
            ticks: 5,
            tickSize: 0,
            tickFormat: tick,
            label: isPercent ? 'robust accuracy (%)' : 'robust accuracy',
            labelAnchor: 'center',
            labelArrow: 'none',
          }),
          ...points.map((m) => plot.dot([m], { x: 'robust_accuracy', y: metric, ...style(m), fillOpacity: 0.8, r: 3.5 })),
        ],
      }),
    )
  })
  const legend = names.map(
    (name, i): LegendItem => ({
      mark: 'dot',
      symbol: symbols[i]!,
      fill: colour[categories[i]!],
      stroke: colour[categories[i]!],
      label: name,
    }),
  )
  const who = group === null ? '' : `${data.groups.b.name} `
  return frame(
    {
      id: 'metric-against-accuracy',
      title: 'Metrics against robust accuracy',
      caption: captionOf(
        data.correlations,
        group,
        names,
        who,
        data.correlations.filter((c) => c.against === 'robust_accuracy'),
      ),
      width: WIDE,
      height: HEIGHT,
      ...(names.length > 1 && textWidth(names.join('   '), 11.5) < WIDE - 40 * names.length ? { legend } : {}),
      note: `Each ${who}model once (n = ${models.length}), metrics over all its 3×3 layers; robust accuracy${isPercent ? ' in percent' : ''} as the meta table has it. Rho: Spearman's rank correlation; p two-sided, not corrected for the number of correlations.`,
    },
    ...drawing,
  )
}

/** The correlations above a panel: one a data set, or the one of all models where there is a single data set. */
function correlationsShown(
  rows: readonly CorrelationRow[],
  metric: MetricName,
  group: 'b' | null,
  names: readonly string[],
): CorrelationRow[] {
  const own = rows.filter((c) => c.metric === metric && c.against === 'robust_accuracy' && c.group === (group ?? 'all'))
  return names.length > 0
    ? names.flatMap((name) => own.filter((c) => c.by === 'dataset' && c.value === name))
    : own.filter((c) => c.by === 'all')
}

/** The exact p where there is one: Student's t is poor for few models. */
function pOf(row: CorrelationRow): number | null {
  return row.p_exact ?? row.p
}

function captionOf(
  rows: readonly CorrelationRow[],
  group: 'b' | null,
  names: readonly string[],
  who: string,
  all: readonly CorrelationRow[],
): string {
  if (all.length === 0) return 'No accuracy is known, so nothing is correlated.'
  const tested = metricNames.flatMap((metric) => correlationsShown(rows, metric, group, names)).filter((c) => c.rho !== null)
  if (tested.length === 0) return `There are too few ${who}models for a rank correlation.`
  const shown = tested.filter((c) => (pOf(c) ?? 1) < 0.05)
  if (shown.length === 0)
    return `No rank correlation of a metric with robust accuracy is shown among ${who}models (${plural(tested.length, 'test')}, smallest p = ${pNumber(tested.reduce((least, c) => Math.min(least, pOf(c) ?? 1), 1))}).`
  const parts = shown.map(
    (c) =>
      `${c.rho! > 0 ? 'higher' : 'lower'} ${metricWords[c.metric].name}${c.value === null ? '' : ` on ${c.value}`} (rho = ${fixed(c.rho, 2)}, ${pValue(pOf(c))}, n = ${c.n})`,
  )
  const other = tested.length - shown.length
  const rest =
    other === 0 ? '' : ` The other ${other === 1 ? 'correlation is' : `${other} correlations are`} not shown to differ from zero.`
  return `Among ${who}models higher robust accuracy goes with ${list(parts)}.${rest} The p values are not corrected for their number (${tested.length}).`
}
