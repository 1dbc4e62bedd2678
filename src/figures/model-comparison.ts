import { type LayerComparison, type MetricName, type ModelComparison, metricNames } from '../analysis/report-types.ts'
import { count, plural, sentence, shorten } from '../words.ts'
import { type Figure, frame, type LegendItem, label, WIDE } from './figure.ts'
import { metricWords } from './metric-words.ts'
import { loadPlot, type Plot, panel } from './plot.ts'
import type { SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'

const LEFT_PART = 610
const RIGHT_PART = WIDE - LEFT_PART - 24
const ROW = 140
const HEAD = 24
const LEFT = 42

interface Point {
  readonly index: number
  readonly a: number
  readonly b: number
  readonly difference: number
}

/** Two models layer by layer: both lines on the left with the band between them, the difference b - a on the right; `depth` as for `metricsByDepth`. */
export async function modelComparison(data: ModelComparison, depth?: string): Promise<Figure> {
  const plot = await loadPlot()
  const drawing: SvgNode[] = [label('difference', LEFT_PART + 24 + LEFT, 12, { size: 11, fill: colour.muted })]
  metricNames.forEach((metric, row) => {
    const y = HEAD + row * ROW
    const last = row === metricNames.length - 1
    drawing.push(label(sentence(metricWords[metric].axis), 4, y - 4, { size: 11, fill: colour.muted }))
    for (const each of metricRow(plot, data.layers, metric, y, last)) drawing.push(each)
  })
  const height = HEAD + metricNames.length * ROW + 12
  drawing.push(label('layers by depth', LEFT_PART / 2, height - 4, { size: 11, fill: colour.muted, anchor: 'middle' }))
  const legend: LegendItem[] = [
    { mark: 'line', fill: 'none', stroke: colour.a, label: shorten(data.a, 52), symbol: 'circle' },
    { mark: 'line', fill: 'none', stroke: colour.b, label: shorten(data.b, 52), symbol: 'diamond2' },
  ]
  const alone = data.only_a.length + data.only_b.length
  return frame(
    {
      id: 'model-comparison',
      title: `${data.a} and ${data.b}, layer by layer`,
      caption: captionOf(data),
      width: WIDE,
      height,
      legend,
      note: `${plural(data.layers.length, 'layer')} matched by ${data.matched_by}${alone ? `; ${plural(alone, 'layer')} in only one of the two` : ''}. Difference: second model minus first; sparsity in percentage points. Layers where a metric is undefined, or whose shapes differ, are left out of that line.${depth ? ` ${depth}` : ''}`,
    },
    ...drawing,
  )
}

function metricRow(plot: Plot, layers: readonly LayerComparison[], metric: MetricName, y: number, last: boolean): SvgNode[] {
  const words = metricWords[metric]
  const points = layers.flatMap((layer, index): Point[] => {
    const { a, b, difference } = layer.metrics[metric]
    return a === null || b === null || difference === null ? [] : [{ index, a, b, difference }]
  })
  const common = {
    height: ROW - 26 + (last ? 18 : 0),
    marginTop: 6,
    marginRight: 6,
    marginBottom: last ? 22 : 4,
    marginLeft: LEFT,
  }
  const x = { domain: [-0.5, Math.max(0.5, layers.length - 0.5)], axis: null }
  const axis = (most: number) =>
    last ? [plot.axisX(layerTicks(layers.length, most), { tickSize: 0, text: (i: number) => String(i), label: null })] : []
  const grid = plot.gridY({ stroke: colour.grid, strokeOpacity: 1, ticks: 4 })
  const values = plot.axisY({ ticks: 4, tickSize: 0, tickFormat: words.tick, label: null })
  const most = points.reduce((largest, p) => Math.max(largest, Math.abs(p.difference)), 0) || 0.1
  const dots = points.length <= 60
  return [
    panel(plot, 0, y, {
      ...common,
      width: LEFT_PART,
      x,
      y: { axis: null, nice: 4, ...(metric === 'sparsity' ? { zero: true } : {}) },
      marks: [
        grid,
        values,
        ...axis(20),
        plot.areaY(points, { x: 'index', y1: 'a', y2: 'b', fill: colour.allTint, fillOpacity: 0.45 }),
        ...(['a', 'b'] as const).flatMap((side) => [
          plot.lineY(points, { x: 'index', y: side, stroke: colour[side], strokeWidth: 1.75 }),
          ...(dots
            ? [
                plot.dot(points, {
                  x: 'index',
                  y: side,
                  fill: colour[side],
                  r: 2.8,
                  symbol: side === 'a' ? 'circle' : 'diamond2',
                }),
              ]
            : []),
        ]),
      ],
    }),
    panel(plot, LEFT_PART + 24, y, {
      ...common,
      width: RIGHT_PART,
      x,
      y: { axis: null, domain: [-most * 1.05, most * 1.05] },
      marks: [
        grid,
        values,
        ...axis(10),
        plot.ruleX(
          points.filter((p) => p.difference !== 0),
          {
            x: 'index',
            y1: 0,
            y2: 'difference',
            stroke: (p: Point) => (p.difference > 0 ? colour.b : colour.a),
            strokeWidth: Math.max(1, Math.min(7, (RIGHT_PART - LEFT) / layers.length - 2)),
          },
        ),
        plot.ruleY([0], { stroke: colour.rule }),
      ],
    }),
  ]
}

/** Positions to label: every layer, or as many round ones as `most` allows. */
export function layerTicks(layers: number, most = 20): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((s) => layers / s <= most) ?? 2000
  return Array.from({ length: Math.ceil(layers / step) }, (_, i) => i * step)
}

function captionOf(data: ModelComparison): string {
  const parts = metricNames.map((metric) => {
    const words = metricWords[metric]
    const { a, b, difference } = data.metrics[metric]
    const defined = data.layers.filter((layer) => layer.metrics[metric].difference !== null)
    if (difference === null)
      return `${sentence(words.name)} is undefined in ${a === null && b === null ? 'both' : 'one of the two'}.`
    if (defined.length === 0)
      return `${sentence(words.name)}: ${words.value(a)} in the first, ${words.value(b)} in the second (${words.difference(difference)}); no layer of one has a counterpart of its shape in the other.`
    const higher = defined.filter((layer) => layer.metrics[metric].difference! > 0).length
    const most = defined.reduce((best, layer) =>
      Math.abs(layer.metrics[metric].difference!) > Math.abs(best.metrics[metric].difference!) ? layer : best,
    )
    const where =
      most.metrics[metric].difference === 0
        ? 'the same in all'
        : `most apart in ${most.name_b} (${words.difference(most.metrics[metric].difference)})`
    return `${sentence(words.name)}: ${words.value(a)} in the first, ${words.value(b)} in the second (${words.difference(difference)}); higher in the second in ${count(higher)} of ${plural(defined.length, 'layer')}, ${where}.`
  })
  return `${parts.join(' ')} Two models say nothing about a group: no test is made.`
}
