import { bucketNames, type MetricName, metricNames } from '../analysis/report-names.ts'
import type { ColumnStudy } from '../analysis/study-types.ts'
import { list, plural, pValue, sentence, shorten } from '../words.ts'
import { type Figure, frame, label, WIDE } from './figure.ts'
import { bucketTick, metricWords } from './metric-words.ts'
import { markOf, namedMarks, namesHeight } from './named-marks.ts'
import { loadPlot, panel } from './plot.ts'
import { categories, colour } from './theme.ts'

const HEIGHT = 170
/** Values that can be told apart. */
const MOST = categories.length

/** Median of each metric over the models of each value of a column, by depth; a line a value. */
export async function valuesByDepth(study: ColumnStudy): Promise<Figure> {
  const plot = await loadPlot()
  const largest = [...study.values].sort((p, q) => q.models - p.models).slice(0, MOST)
  const shown = study.values.filter((value) => largest.includes(value))
  const top = namesHeight(shown.length)
  const drawing = metricNames.map((metric, row) => {
    const lines = shown.map(({ value }, k) => ({ k, points: pointsOf(study, metric, value) }))
    const values = lines.flatMap(({ points }) => points.map(({ y }) => y))
    if (values.length === 0)
      return label(`${metricWords[metric].axis}: no model has a value`, 4, top + row * HEIGHT + 20, {
        size: 11,
        fill: colour.muted,
      })
    const [low, high] = [Math.min(...values), Math.max(...values)]
    const room = (high - low || 0.1) * 0.06
    const last = row === metricNames.length - 1
    return panel(plot, 0, top + row * HEIGHT, {
      width: WIDE,
      height: HEIGHT + (last ? 24 : 0),
      marginLeft: 48,
      marginRight: 12,
      marginTop: 24,
      marginBottom: last ? 40 : 14,
      x: { domain: [-0.4, bucketNames.length - 0.6], axis: null },
      y: { domain: [low - (low <= 0 ? 0 : room), high + room], axis: null },
      marks: [
        plot.gridY({ stroke: colour.grid, strokeOpacity: 1, ticks: 4 }),
        plot.axisY({
          ticks: 4,
          tickSize: 0,
          tickFormat: (v: number) => metricWords[metric].tick(v),
          label: metricWords[metric].axis,
          labelArrow: 'none',
        }),
        ...(last
          ? [
              plot.axisX({
                ticks: bucketNames.map((_, k) => k),
                tickSize: 0,
                tickFormat: (k: number) => bucketTick(bucketNames[k]!, k),
                label: 'depth: first layer, then tenths of the relative depth',
                labelAnchor: 'center',
                labelArrow: 'none',
              }),
            ]
          : []),
        ...lines.flatMap(({ k, points }) => [
          plot.lineY(points, { x: 'x', y: 'y', stroke: colour[categories[k]!], strokeWidth: 1.6 }),
          plot.dot(points, { x: 'x', y: 'y', r: 2.8, ...markOf(k) }),
        ]),
      ],
    })
  })
  const left = study.values.length - shown.length
  return frame(
    {
      id: 'values-by-depth',
      title: `Metrics by depth and ${study.column}`,
      caption: captionOf(study),
      width: WIDE,
      height: top + metricNames.length * HEIGHT + 24,
      note: `Median over the models of a value (their number in brackets) that have layers in a tenth of the depth; each model counts once.${left > 0 ? ` The ${MOST} values with most models; ${plural(left, 'more value')} in the tables.` : ''}`,
    },
    ...namedMarks(
      plot,
      shown.map(({ value, models }) => `${shorten(value, 28)} (${models})`),
    ),
    ...drawing,
  )
}

function pointsOf(study: ColumnStudy, metric: MetricName, value: string): { x: number; y: number }[] {
  return bucketNames.flatMap((bucket, x) => {
    const row = study.distributions.find(
      (one) => one.metric === metric && one.bucket === bucket && one.stratum === null && one.value === value,
    )
    return row?.median === null || row?.median === undefined ? [] : [{ x, y: row.median }]
  })
}

/** Where the values differ, of the tests over all layers. */
function captionOf(study: ColumnStudy): string {
  const tests = study.tests.filter(
    ({ metric, bucket, stratum, p_holm }) =>
      bucket === 'all' && stratum === null && p_holm !== null && (metricNames as readonly string[]).includes(metric),
  )
  if (tests.length === 0) return `Too few models to compare the values of ${study.column}.`
  const said = tests.map(({ metric, p_holm }) => `${metricWords[metric as MetricName].name} (${pValue(p_holm)})`)
  const apart = tests.filter(({ p_holm }) => p_holm! < 0.05)
  const { test } = tests[0]!
  return `${sentence(
    apart.length === 0
      ? `no metric over all layers tells the values of ${study.column} apart beyond chance`
      : `over all layers the values of ${study.column} differ in ${list(apart.map(({ metric }) => metricWords[metric as MetricName].name))}`,
  )}: ${list(said)}; ${test}, Holm-corrected.`
}
