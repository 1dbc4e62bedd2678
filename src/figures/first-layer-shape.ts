import type { GroupReport, ModelDepthRow, PairedComparison } from '../analysis/report-types.ts'
import { type ShapeMetric, shapeByChance, shapeMetrics } from '../measure/metrics/registry.ts'
import { fixed, list, plural, pValue, sentence } from '../words.ts'
import { type Figure, frame, type LegendItem, label, WIDE } from './figure.ts'
import { metricWords } from './metric-words.ts'
import { loadPlot, type Plot, panel } from './plot.ts'
import type { SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'

/** What the figure needs of a GroupReport. */
export type FirstLayerShapeData = Pick<GroupReport, 'depth' | 'comparisons' | 'groups' | 'pairs' | 'parameters'>

const HEIGHT = 250
const HEAD = 50
const GAP = 22
const LEFT = 34
const LEVEL = 0.05

/** First layers of both groups that have a value, and the figure is worth drawing. */
export function hasFirstLayers({ depth }: Pick<GroupReport, 'depth'>): boolean {
  const firsts = depth.filter(({ bucket, symmetry }) => bucket === 'first' && symmetry !== null)
  return firsts.some(({ group }) => group === 'a') && firsts.some(({ group }) => group === 'b')
}

/**
 * The shape of first layers, normal beside robust: a panel a measure, a dot a model, a line a pair, the mean of each side, and the
 * level of random filters. The test is that of the group analysis (models counted once), corrected over the buckets of depth.
 */
export async function firstLayerShape(data: FirstLayerShapeData): Promise<Figure> {
  const plot = await loadPlot()
  const { a, b } = data.groups
  const firsts = data.depth.filter(({ bucket, group }) => bucket === 'first' && group !== null)
  const width = (WIDE - GAP * (shapeMetrics.length - 1)) / shapeMetrics.length
  const drawing: SvgNode[] = []
  shapeMetrics.forEach((metric, column) => {
    const x = column * (width + GAP)
    const test = testOf(data, metric)
    drawing.push(label(sentence(metricWords[metric].axis), x + 4, 12, { size: 11.5, weight: 600 }))
    drawing.push(label(meansText(data, metric), x + 4, 28, { size: 11, fill: colour.muted }))
    drawing.push(label(test ? pValue(test.p_holm) : 'not tested', x + 4, 43, { size: 11, fill: colour.muted }))
    drawing.push(drawPanel(plot, { data, firsts, metric, x, width }))
  })
  const legend: LegendItem[] = [
    { mark: 'dot', fill: colour.a, stroke: colour.a, label: a.name },
    { mark: 'dot', fill: colour.b, stroke: colour.b, label: b.name },
    { mark: 'dash', fill: 'none', stroke: colour.muted, label: 'random filters' },
  ]
  const models = (side: 'a' | 'b') => firsts.filter(({ group }) => group === side).length
  return frame(
    {
      id: 'first-layer-shape',
      title: 'Shape of the first layers',
      caption: captionOf(data),
      width: WIDE,
      height: HEIGHT,
      legend,
      note: `The first layer of each model (${plural(models('a'), `${a.name} model`)}, ${models('b')} ${b.name}); shares of the energy Σ w² of all its filters. Bars: means of the dots; lines: pairs. ${testedText(data)}`,
    },
    ...drawing,
  )
}

interface PanelOf {
  readonly data: FirstLayerShapeData
  readonly firsts: readonly ModelDepthRow[]
  readonly metric: ShapeMetric
  readonly x: number
  readonly width: number
}

function drawPanel(plot: Plot, { data, firsts, metric, x, width }: PanelOf): SvgNode {
  const dots = firsts.flatMap(({ model, group, [metric]: value }) => (value === null ? [] : [{ model, group, value }]))
  const of = new Map(dots.map(({ model, value }) => [model, value]))
  const links = data.pairs.flatMap((pair) => {
    const [from, to] = [of.get(pair.a), of.get(pair.b)]
    return from === undefined || to === undefined ? [] : [{ from, to }]
  })
  const chance = levelOf(data, metric)
  return panel(plot, x, HEAD, {
    width,
    height: HEIGHT - HEAD,
    marginLeft: LEFT,
    marginRight: 6,
    marginTop: 6,
    marginBottom: 22,
    x: { domain: [-0.5, 1.5], axis: null },
    y: { domain: [0, 1], axis: null },
    marks: [
      plot.gridY({ stroke: colour.grid, strokeOpacity: 1, ticks: 5 }),
      plot.axisY({ ticks: 5, tickSize: 0, tickFormat: metricWords[metric].tick, label: null }),
      ...(chance === null ? [] : [plot.ruleY([chance], { stroke: colour.muted, strokeDasharray: '4 3' })]),
      plot.link(links, { x1: 0, x2: 1, y1: 'from', y2: 'to', stroke: colour.rule, strokeOpacity: 0.7, strokeWidth: 0.8 }),
      ...(['a', 'b'] as const).flatMap((side, at) => {
        const own = dots.filter(({ group }) => group === side)
        const mean = own.reduce((sum, { value }) => sum + value, 0) / own.length
        return [
          plot.dot(own, { x: () => at, y: 'value', fill: colour[side], r: 2.4, fillOpacity: 0.7 }),
          ...(own.length === 0
            ? []
            : [plot.ruleY([mean], { x1: at - 0.3, x2: at + 0.3, stroke: colour[side], strokeWidth: 2.5 })]),
          plot.text([data.groups[side].name], {
            x: () => at,
            text: (name: string) => name,
            frameAnchor: 'bottom',
            dy: 16,
            fill: colour.muted,
          }),
        ]
      }),
    ],
  })
}

/** The level of random filters; null where kernels are mixed. */
function levelOf({ parameters: { kernel } }: FirstLayerShapeData, metric: ShapeMetric): number | null {
  return kernel === 'all' ? null : shapeByChance(metric, kernel)
}

function testOf({ comparisons }: FirstLayerShapeData, metric: ShapeMetric): PairedComparison | undefined {
  return comparisons.find(
    (c) => c.metric === metric && c.bucket === 'first' && c.dataset === null && c.counting === 'models' && c.test !== null,
  )
}

/** What the numbers and p are of. */
function testedText(data: FirstLayerShapeData): string {
  const tests = shapeMetrics.flatMap((metric) => testOf(data, metric) ?? [])
  if (tests.length === 0) return 'Numbers: those means; without enough pairs nothing is tested.'
  const most = Math.max(...tests.map(({ n }) => n))
  return `Numbers: means over pairs, those that share a ${data.groups.a.name} model (or the same filters) averaged first (n = ${most}); p: two-sided Wilcoxon signed-rank test of the same, corrected by Holm's method over the buckets of depth.`
}

/** The means that the test compares; without a test those over the models of each group, each once. */
function meansOf(data: FirstLayerShapeData, metric: ShapeMetric): readonly [a: number | null, b: number | null] {
  const test = testOf(data, metric)
  if (test) return [test.a, test.b]
  const { depth } = data
  const [a, b] = (['a', 'b'] as const).map((side) => {
    const values = depth.flatMap((row) => (row.bucket === 'first' && row.group === side ? (row[metric] ?? []) : []))
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
  })
  return [a!, b!]
}

function meansText(data: FirstLayerShapeData, metric: ShapeMetric): string {
  const [a, b] = meansOf(data, metric)
  return `${data.groups.a.name} ${fixed(a)}, ${data.groups.b.name} ${fixed(b)}`
}

function captionOf(data: FirstLayerShapeData): string {
  const { a, b } = data.groups
  const shown = shapeMetrics.filter((metric) => (testOf(data, metric)?.p_holm ?? 1) < LEVEL)
  const tested = shapeMetrics.filter((metric) => testOf(data, metric) !== undefined)
  if (tested.length === 0)
    return `What kind of filters the first layers of ${a.name} and ${b.name} models hold; without enough pairs nothing is tested.`
  const clauses = shown.map((metric) => {
    const words = metricWords[metric]
    const [x, y] = meansOf(data, metric)
    return `${testOf(data, metric)!.difference! > 0 ? words.more : words.less} (${fixed(y)} against ${fixed(x)})`
  })
  const others = tested.filter((metric) => !shown.includes(metric)).map((metric) => metricWords[metric].name)
  const said = clauses.length > 0 ? [`first layers of ${b.name} models ${list(clauses)}`] : []
  if (others.length > 0) said.push(`no difference is shown in ${list(others, 'or')}`)
  return `${sentence(said.join('; '))}.`
}
