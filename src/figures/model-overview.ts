import { flagsOf } from '../analysis/flags.ts'
import { type MetricName, metricNames } from '../analysis/report-types.ts'
import { depthNote } from '../database/depth-words.ts'
import { spokenName } from '../database/spoken-name.ts'
import type { LayerMetrics, LayerRow } from '../measure/layer-row.ts'
import { type ComparedMetric, chanceLevel } from '../measure/metrics/registry.ts'
import type { ModelRow } from '../measure/model-row.ts'
import { count, list, plural, sentence } from '../words.ts'
import { COLUMN, type Figure, frame, type LegendItem, label } from './figure.ts'
import { metricWords } from './metric-words.ts'
import { layerTicks } from './model-comparison.ts'
import { loadPlot, type Plot, panel } from './plot.ts'
import type { SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'

const ROW = 124
const HEAD = 20
const LEFT = 42

/** What is drawn of a layer. */
type FlaggedLayer = LayerMetrics & Pick<LayerRow, 'flags'>

interface Point {
  readonly index: number
  readonly value: number
  readonly flagged: boolean
}

/** The three metrics of one model's layers by depth, with the level of random initialisation and the layers that are flagged. */
export async function modelOverview(
  model: Pick<ModelRow, 'model' | 'sparsity' | 'variance_entropy' | 'orthogonality'> & Partial<Pick<ModelRow, 'depth_source'>>,
  layers: readonly FlaggedLayer[],
): Promise<Figure> {
  const depth = depthNote([model])
  const plot = await loadPlot()
  const drawing: SvgNode[] = []
  metricNames.forEach((metric, row) => {
    const y = HEAD + row * ROW
    drawing.push(label(sentence(metricWords[metric].axis), 4, y - 4, { size: 11, fill: colour.muted }))
    drawing.push(metricRow(plot, layers, metric, y, row === metricNames.length - 1))
  })
  const height = HEAD + metricNames.length * ROW + 12
  drawing.push(label('layers by depth', COLUMN / 2, height - 4, { size: 11, fill: colour.muted, anchor: 'middle' }))
  const flagged = layers.filter((layer) => flagsOf(layer).length > 0)
  const legend: LegendItem[] = [
    { mark: 'dot', fill: colour.accent, stroke: colour.accent, label: 'layer' },
    ...(flagged.length ? [{ mark: 'dot', fill: colour.paper, stroke: colour.warn, label: 'flagged layer' } as const] : []),
    { mark: 'dash', fill: 'none', stroke: colour.muted, label: 'random initialisation' },
  ]
  return frame(
    {
      id: 'model-overview',
      title: `${model.model}: layers by depth`,
      caption: captionOf(model, layers),
      width: COLUMN,
      height,
      legend,
      note: `${plural(layers.length, 'layer')}. Random initialisation: the entropy that as many random filters have (the parent paper's T(n)); the orthogonality that as many independent Gaussian rows have on average.${depth ? ` ${depth}` : ''}`,
    },
    ...drawing,
  )
}

function metricRow(plot: Plot, layers: readonly FlaggedLayer[], metric: MetricName, y: number, last: boolean): SvgNode {
  const points = layers.flatMap((layer, index): Point[] => {
    const value = layer[metric]
    return value === null ? [] : [{ index, value, flagged: flagsOf(layer).some((flag) => flag.metric === metric) }]
  })
  const random = layers.flatMap((layer, index) => {
    const value = chanceLevel(metric, layer)
    return value === null ? [] : [{ index, value }]
  })
  const r = layers.length > 60 ? 2 : 3
  return panel(plot, 0, y, {
    width: COLUMN,
    height: ROW - 26 + (last ? 18 : 0),
    marginTop: 6,
    marginLeft: LEFT,
    marginRight: 8,
    marginBottom: last ? 22 : 4,
    x: { domain: [-0.5, Math.max(0.5, layers.length - 0.5)], axis: null },
    y: {
      axis: null,
      nice: 4,
      ...(metric === 'sparsity' ? { zero: true, ...(points.every((p) => p.value < 0.01) ? { domain: [0, 0.01] } : {}) } : {}),
    },
    marks: [
      plot.gridY({ stroke: colour.grid, strokeOpacity: 1, ticks: 4 }),
      plot.axisY({ ticks: 4, tickSize: 0, tickFormat: metricWords[metric].tick, label: null }),
      ...(last ? [plot.axisX(layerTicks(layers.length), { tickSize: 0, text: (i: number) => String(i), label: null })] : []),
      plot.lineY(random, { x: 'index', y: 'value', stroke: colour.muted, strokeWidth: 1.25, strokeDasharray: '4 3' }),
      plot.lineY(points, { x: 'index', y: 'value', stroke: colour.accent, strokeWidth: 1.5 }),
      plot.dot(
        points.filter((p) => !p.flagged),
        { x: 'index', y: 'value', fill: colour.accent, r },
      ),
      plot.dot(
        points.filter((p) => p.flagged),
        { x: 'index', y: 'value', fill: colour.paper, stroke: colour.warn, strokeWidth: 2, r: r + 1 },
      ),
    ],
  })
}

function captionOf(model: Pick<ModelRow, ComparedMetric>, layers: readonly FlaggedLayer[]): string {
  const values = metricNames.map(
    (metric) => `${metricWords[metric].name} ${model[metric] === null ? 'undefined' : metricWords[metric].value(model[metric])}`,
  )
  const flagged = layers.filter((layer) => flagsOf(layer).length > 0)
  const names = flagged.slice(0, 3).map(spokenName)
  const tail =
    flagged.length === 0
      ? `None of ${plural(layers.length, 'layer')} is flagged.`
      : `${count(flagged.length)} of ${plural(layers.length, 'layer')} ${flagged.length === 1 ? 'is' : 'are'} flagged: ${list(flagged.length > 3 ? [...names, `${flagged.length - 3} more`] : names)}.`
  return `Over all layers: ${list(values)}. ${tail}`
}
