import { type BucketName, bucketNames, type GroupReport, type MetricName } from '../analysis/report-types.ts'
import type { MetricFamily } from '../measure/metrics/metric.ts'
import { comparedMetrics, shapeMetrics } from '../measure/metrics/registry.ts'
import { list, plural, sentence } from '../words.ts'
import { type Figure, frame, type LegendItem, label, legendHeight, WIDE } from './figure.ts'
import { bucketTick, bucketWords, metricWords } from './metric-words.ts'
import { loadPlot, type Plot, panel } from './plot.ts'
import type { SvgNode } from './svg-document.ts'
import { colour } from './theme.ts'

/** What the figure needs of a GroupReport. */
export type MetricsByDepthData = Pick<GroupReport, 'depth' | 'datasets' | 'comparisons' | 'groups'>

interface Point {
  readonly key: string
  readonly value: number
}

type Side = 'a' | 'b' | 'all'

/** Counting that the stars use: no model is counted twice. */
const COUNTING = 'models'
/** Fewer values than this are drawn as dots with their mean: quartiles of four numbers say little. */
const LEAST_FOR_BOX = 5
const MOST_COLUMNS = 4
const LEFT = 46
const GAP = 14
const PANEL = 150
const HEAD = 34
const BETWEEN = 26

const fills: Record<Side, { tint: string; line: string }> = {
  a: { tint: colour.aTint, line: colour.a },
  b: { tint: colour.bTint, line: colour.b },
  all: { tint: colour.allTint, line: colour.all },
}

/** What the figure of a family says of itself. */
interface FamilyWords {
  readonly id: string
  readonly title: string
  readonly names: readonly MetricName[]
  /** "the three metrics". */
  readonly all: string
  readonly weights: string
}

const families: Readonly<Record<MetricFamily, FamilyWords>> = {
  use: {
    id: 'metrics-by-depth',
    title: 'Metrics by depth',
    names: comparedMetrics,
    all: 'the three metrics',
    weights: 'sparsity weighted by filters, entropy by non-sparse filters, orthogonality by output channels',
  },
  shape: {
    id: 'shape-by-depth',
    title: 'Shape of the filters by depth',
    names: shapeMetrics,
    all: "the four measures of the filters' shape",
    weights: 'layers weighted by filters',
  },
}

/**
 * Box plots of a family's metrics (rows; default: the paper's three) by depth (first layer, then tenths), one column a data set, group a beside group b.
 * A star marks a difference whose Holm-corrected p is below 0.05. Without groups the boxes are grey.
 * `depth`: what depths rest on (`depthNote`), a line under the figure.
 */
export async function metricsByDepth(data: MetricsByDepthData, depth?: string, family: MetricFamily = 'use'): Promise<Figure> {
  const words = families[family]
  const plot = await loadPlot()
  const grouped = data.depth.some((row) => row.group !== null)
  const columns = columnsOf(data)
  const width = (WIDE - LEFT - 6 - GAP * (columns.length - 1)) / columns.length
  const drawing: SvgNode[] = []
  words.names.forEach((metric, row) => {
    const rows = data.depth.filter((d) => d[metric] !== null)
    const values = rows.map((d) => d[metric]!)
    const top = values.reduce((most, v) => Math.max(most, v), 0)
    const bottom = values.reduce((least, v) => Math.min(least, v), 1)
    const spread = top - bottom || 0.1
    const domain: [number, number] = [
      metric === 'sparsity' ? 0 : Math.max(0, bottom - 0.04 * spread),
      Math.min(metric === 'sparsity' ? 1.08 : 1.02, top + 0.1 * spread),
    ]
    columns.forEach((dataset, column) => {
      const x = LEFT + column * (width + GAP)
      const y = HEAD + row * (PANEL + BETWEEN)
      const last = row === words.names.length - 1
      if (row === 0 && dataset !== null) drawing.push(label(dataset, x, 12, { weight: 600, size: 12.5 }))
      drawing.push(cell(plot, { data, metric, dataset, grouped, domain, x, y, width, first: column === 0, last }))
    })
    drawing.push(
      label(sentence(metricWords[metric].axis), 4, HEAD + row * (PANEL + BETWEEN) - 4, { size: 11, fill: colour.muted }),
    )
  })
  const height = HEAD + words.names.length * (PANEL + BETWEEN) + 12
  drawing.push(
    label('depth: first layer, then tenths of the relative depth', WIDE / 2, height - 2, {
      size: 11,
      fill: colour.muted,
      anchor: 'middle',
    }),
  )
  const legend = legendOf(data, grouped)
  return frame(
    {
      id: words.id,
      title: words.title,
      caption: captionOf(data, grouped, words),
      width: WIDE,
      height: height + (legendHeight(legend) ? 0 : 4),
      legend,
      note: [noteOf(data, grouped, columns, words), ...(depth ? [depth] : [])].join(' '),
    },
    ...drawing,
  )
}

interface Cell {
  readonly data: MetricsByDepthData
  readonly metric: MetricName
  readonly dataset: string | null
  readonly grouped: boolean
  readonly domain: readonly [number, number]
  readonly x: number
  readonly y: number
  readonly width: number
  readonly first: boolean
  readonly last: boolean
}

function cell(plot: Plot, { data, metric, dataset, grouped, domain, x, y, width, first, last }: Cell): SvgNode {
  const sides: readonly Side[] = grouped ? ['a', 'b'] : ['all']
  const slots = bucketNames.flatMap((bucket) => [...sides.map((side) => bucket + side), `${bucket}gap`]).slice(0, -1)
  const words = metricWords[metric]
  const boxes = sides.flatMap((side) => {
    const groups = bucketNames.map((bucket) =>
      data.depth
        .filter(
          (d) =>
            d.bucket === bucket &&
            d[metric] !== null &&
            (dataset === null || d.dataset === dataset) &&
            (side === 'all' || d.group === side),
        )
        .map((d): Point => ({ key: bucket + side, value: d[metric]! })),
    )
    const boxed = groups.filter((points) => points.length >= LEAST_FOR_BOX).flat()
    const few = groups.filter((points) => points.length > 0 && points.length < LEAST_FOR_BOX)
    const { tint, line } = fills[side]
    return [
      plot.boxY(boxed, { x: 'key', y: 'value', fill: tint, stroke: line, strokeWidth: 1.5, r: 1.2 }),
      plot.dot(groups.filter((points) => points.length >= LEAST_FOR_BOX).map(meanOf), {
        x: 'key',
        y: 'value',
        symbol: 'diamond',
        fill: colour.paper,
        stroke: line,
        strokeWidth: 1,
        r: 2,
      }),
      plot.dot(few.flat(), { x: 'key', y: 'value', fill: line, r: 2.2, fillOpacity: 0.75 }),
      plot.tickY(few.map(meanOf), { x: 'key', y: 'value', stroke: line, strokeWidth: 1.5 }),
    ]
  })
  const stars = data.comparisons
    .filter((c) => c.metric === metric && c.dataset === dataset && c.counting === COUNTING && c.bucket !== 'all')
    .filter((c) => c.p_holm !== null && c.p_holm < 0.05)
    .map((c) => c.bucket)
  return panel(plot, first ? x - LEFT : x, y, {
    width: width + (first ? LEFT : 0),
    height: PANEL + (last ? 18 : 0),
    marginLeft: first ? LEFT : 0,
    marginRight: 0,
    marginTop: 6,
    marginBottom: last ? 20 : 4,
    x: { type: 'band', domain: slots, padding: 0.06, axis: null },
    y: { domain: [...domain], axis: null },
    marks: [
      plot.gridY({ stroke: colour.grid, strokeOpacity: 1, ticks: 4 }),
      plot.axisY({
        ticks: 4,
        tickFormat: words.tick,
        tickSize: 0,
        label: null,
        textAnchor: 'end',
        ...(first ? {} : { tickFormat: () => '' }),
      }),
      ...boxes,
      plot.text(stars, {
        x: (bucket: BucketName) => bucket + sides[0],
        dx: width / slots.length / 2,
        text: () => '*',
        frameAnchor: 'top',
        dy: 1,
        fontSize: 14,
        fill: colour.ink,
      }),
      ...(last
        ? [
            plot.text(bucketNames, {
              x: (bucket: BucketName) => bucket + sides[0],
              dx: grouped ? width / slots.length / 2 : 0,
              text: (bucket: BucketName, i: number) => bucketTick(bucket, i),
              frameAnchor: 'bottom',
              dy: 14,
              fill: colour.muted,
            }),
          ]
        : []),
    ],
  })
}

/** The mean of points of one key. */
function meanOf(points: readonly Point[]): Point {
  return { key: points[0]!.key, value: points.reduce((sum, { value }) => sum + value, 0) / points.length }
}

/** True where each data set has models of one group only: a panel a data set would show no comparison. */
function areTheGroups({ depth, datasets }: Pick<MetricsByDepthData, 'depth' | 'datasets'>): boolean {
  const has = (dataset: string, side: 'a' | 'b') => depth.some((row) => row.dataset === dataset && row.group === side)
  const grouped = depth.some(({ group }) => group !== null)
  return grouped && datasets.every((dataset) => !(has(dataset, 'a') && has(dataset, 'b')))
}

function columnsOf(data: MetricsByDepthData): (string | null)[] {
  if (data.datasets.length < 2) return [data.datasets[0] ?? null]
  if (areTheGroups(data)) return [null]
  if (data.datasets.length <= MOST_COLUMNS) return [...data.datasets]
  const rows = (name: string) => data.depth.filter((d) => d.dataset === name).length
  const largest = [...data.datasets].sort((p, q) => rows(q) - rows(p)).slice(0, MOST_COLUMNS)
  return data.datasets.filter((name) => largest.includes(name))
}

function legendOf(data: MetricsByDepthData, grouped: boolean): LegendItem[] {
  if (!grouped) return []
  return [
    { mark: 'box', fill: colour.aTint, stroke: colour.a, label: data.groups.a.name },
    { mark: 'box', fill: colour.bTint, stroke: colour.b, label: data.groups.b.name },
    ...(data.comparisons.length
      ? [{ mark: 'star', fill: colour.ink, stroke: 'none', label: 'Holm-corrected p < 0.05' } as const]
      : []),
  ]
}

function noteOf(
  data: MetricsByDepthData,
  grouped: boolean,
  columns: readonly (string | null)[],
  { weights }: FamilyWords,
): string {
  const models = (side: 'a' | 'b' | null, dataset: string | null) =>
    new Set(
      data.depth
        .filter((d) => (side === null || d.group === side) && (dataset === null || d.dataset === dataset))
        .map((d) => d.model),
    ).size
  const sizes = columns.map((dataset) => {
    const where = dataset === null ? '' : `${dataset}: `
    return grouped
      ? `${where}${models('a', dataset)} ${data.groups.a.name} and ${models('b', dataset)} ${data.groups.b.name} models`
      : `${where}${plural(models(null, dataset), 'model')}`
  })
  const left = data.datasets.length - columns.length
  return [
    `One value a model and tenth of depth (${weights}); boxes: quartiles, median, whiskers to 1.5 interquartile ranges, diamond: mean; dots with a mean where fewer than ${LEAST_FOR_BOX} models have layers there.`,
    `${list(sizes)}.`,
    ...(left > 0 && columns.length > 1 ? [`${plural(left, 'smaller data set')} not drawn.`] : []),
  ].join(' ')
}

function captionOf(data: MetricsByDepthData, grouped: boolean, { names, all }: FamilyWords): string {
  if (!grouped) return `How ${all} change from the first layer to the deepest, over all models.`
  const { a, b } = data.groups
  const without: string[] = []
  const clauses = names.map((metric) => {
    const words = metricWords[metric]
    const tests = data.comparisons.filter(
      (c) => c.metric === metric && c.dataset === null && c.counting === COUNTING && c.bucket !== 'all' && c.difference !== null,
    )
    if (tests.length === 0) return null
    const shown = tests.filter((c) => c.p_holm !== null && c.p_holm < 0.05)
    const up = shown.filter((c) => c.difference! > 0)
    const down = shown.filter((c) => c.difference! < 0)
    if (shown.length === 0) {
      const tenths = new Set(data.comparisons.filter((c) => c.bucket !== 'all' && c.difference !== null).map((c) => c.bucket))
      without.push(tests.length < tenths.size ? `${words.name} (tested in ${plural(tests.length, 'bucket')} alone)` : words.name)
      return null
    }
    const parts = [
      up.length ? `${words.more} in ${up.length} of ${tests.length} depth buckets` : '',
      down.length ? `${words.less} in ${down.length} of ${tests.length} depth buckets` : '',
    ].filter(Boolean)
    const most = shown.reduce((best, c) => (Math.abs(c.difference!) > Math.abs(best.difference!) ? c : best))
    return `${b.name} models ${list(parts)} (largest in ${bucketWords(most.bucket)}: ${words.difference(most.difference)} ${words.interval(most.interval)})`
  })
  const said = clauses.filter((clause) => clause !== null)
  if (without.length > 0) said.push(`no depth bucket shows a difference in ${list(without, 'or')}`)
  if (said.length === 0) return `${sentence(all)} of ${a.name} and ${b.name} models by depth; without pairs nothing is tested.`
  const pooled = columnsOf(data).length > 1 ? `Over all data sets together, ${said.join('; ')}` : sentence(said.join('; '))
  return `${pooled}. Paired Wilcoxon tests, Holm-corrected over the buckets at 0.05${columnsOf(data).length > 1 ? '; the stars are those of each data set alone' : ''}.`
}
