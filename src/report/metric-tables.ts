import {
  bucketNames,
  type GroupReport,
  groupedNames,
  type MetricName,
  type ModelComparison,
  metricNames,
  type PairedComparison,
} from '../analysis/report-types.ts'
import { bucketWords, metricWords } from '../figures/metric-words.ts'
import { shapeMetrics } from '../measure/metrics/registry.ts'
import { quantile } from '../shift/quantile.ts'
import { count, fixed, pNumber, sentence, shorten } from '../words.ts'
import { HEADLINE, isShown, overall } from './answer.ts'
import { type Html, html } from './html.ts'
import type { PreparedReport } from './reported-layers.ts'
import { type HtmlColumn, htmlTable } from './table.ts'

/** The answer's table: three metrics of both groups, their difference with its interval, p and n. */
export function answerTable(report: GroupReport): Html {
  const { a, b } = report.groups
  if (report.pairs.length === 0) {
    const mean = (metric: MetricName, group: 'a' | 'b') =>
      report.distributions.find((d) => d.metric === metric && d.bucket === 'all' && d.dataset === null && d.group === group)
    return htmlTable(
      'Mean over the models of each group, each model over all its layers',
      [
        { head: 'metric', cell: (metric: MetricName) => sentence(metricWords[metric].name) },
        { head: a.name, number: true, cell: (metric) => metricWords[metric].value(mean(metric, 'a')?.mean ?? null) },
        { head: b.name, number: true, cell: (metric) => metricWords[metric].value(mean(metric, 'b')?.mean ?? null) },
        {
          head: `n ${a.name}, ${b.name}`,
          number: true,
          cell: (metric) => `${mean(metric, 'a')?.n ?? 0}, ${mean(metric, 'b')?.n ?? 0}`,
        },
      ],
      metricNames,
      'answer',
    )
  }
  return comparisonTable(
    `Means over ${a.name} models and their ${b.name} counterparts, each model over all its layers`,
    report,
    metricNames.map((metric) => overall(report, metric)),
    'answer',
  )
}

/** The shape of the filters of both groups, where there are pairs and it was compared: results of earlier versions lack it. */
export function shapeTable(report: GroupReport): Html | '' {
  const rows = shapeMetrics.map((metric) => overall(report, metric))
  if (report.pairs.length === 0 || rows.every((row) => row === undefined)) return ''
  return comparisonTable(
    `Shape of the filters: means over ${report.groups.a.name} models and their ${report.groups.b.name} counterparts, each model over all its layers`,
    report,
    rows,
    'dense',
  )
}

/** The same for each data set. */
export function datasetTables(report: GroupReport): Html[] {
  if (report.datasets.length < 2) return []
  return report.datasets.map((dataset) =>
    comparisonTable(
      dataset,
      report,
      metricNames.map((metric) => overall(report, metric, dataset)),
      'dense',
    ),
  )
}

function comparisonTable(
  caption: string,
  { groups }: GroupReport,
  rows: readonly (PairedComparison | undefined)[],
  className: string,
): Html {
  return htmlTable(
    caption,
    [
      { head: 'metric', cell: (c) => sentence(metricWords[c.metric].name) },
      { head: groups.a.name, number: true, cell: (c) => metricWords[c.metric].value(c.a) },
      { head: groups.b.name, number: true, cell: (c) => metricWords[c.metric].value(c.b) },
      ...statisticColumns,
    ],
    rows.filter((c) => c !== undefined),
    className,
  )
}

const statisticColumns: readonly HtmlColumn<PairedComparison>[] = [
  { head: 'difference', number: true, cell: (c) => metricWords[c.metric].difference(c.difference) },
  {
    head: '95 % interval',
    title: 'bootstrap interval of the mean difference',
    number: true,
    cell: (c) => metricWords[c.metric].interval(c.interval),
  },
  {
    head: 'effect',
    title: 'matched-pairs rank-biserial correlation, from −1 to 1',
    number: true,
    cell: (c) => fixed(c.test?.effect, 2),
  },
  {
    head: 'p',
    title: "Wilcoxon signed-rank test, corrected by Holm's method",
    number: true,
    cell: (c) =>
      isShown(c)
        ? html`<b>${pNumber(c.p_holm)}</b>`
        : c.because === null
          ? pNumber(c.p_holm)
          : html`<span title="${c.because}">–</span>`,
  },
  { head: 'n', number: true, cell: (c) => count(c.n) },
]

/** The numbers behind the depth figure, over all data sets. */
export function depthTables(report: GroupReport): Html[] {
  const tests = report.comparisons.filter((c) => c.dataset === null && c.counting === HEADLINE && c.bucket !== 'all')
  return groupedNames.flatMap((metric) => {
    const rows = bucketNames.flatMap((bucket) => tests.filter((c) => c.metric === metric && c.bucket === bucket))
    if (rows.length === 0) return []
    return [
      htmlTable(
        `${sentence(metricWords[metric].name)}; p corrected over the ${rows.length} buckets`,
        [
          { head: 'depth', cell: (c: PairedComparison) => bucketWords(c.bucket) },
          { head: report.groups.a.name, number: true, cell: (c) => metricWords[metric].value(c.a) },
          { head: report.groups.b.name, number: true, cell: (c) => metricWords[metric].value(c.b) },
          ...statisticColumns,
        ],
        rows,
        'dense',
      ),
    ]
  })
}

/** Two models: the three metrics of both. */
export function comparedTable(comparison: ModelComparison): Html {
  return htmlTable(
    'Each model over all its layers',
    [
      { head: 'metric', cell: (metric: MetricName) => sentence(metricWords[metric].name) },
      {
        head: shorten(comparison.a, 40),
        number: true,
        cell: (metric) => metricWords[metric].value(comparison.metrics[metric].a),
      },
      {
        head: shorten(comparison.b, 40),
        number: true,
        cell: (metric) => metricWords[metric].value(comparison.metrics[metric].b),
      },
      {
        head: 'difference',
        number: true,
        cell: (metric) => metricWords[metric].difference(comparison.metrics[metric].difference),
      },
    ],
    metricNames,
    'answer',
  )
}

/** Any number of models: smallest, median and largest of each metric over them; over the layers of a single one. */
export function spreadTable({ analysis: { models }, layers }: PreparedReport): Html {
  const one = models.length === 1
  const of = one ? 'layer' : 'model'
  const sorted = (metric: MetricName) =>
    [...(one ? layers.values[metric] : models.flatMap((row) => row[metric] ?? []))].sort((p, q) => p - q)
  const value = (share: number) => (metric: MetricName) => {
    const values = sorted(metric)
    return metricWords[metric].value(values.length === 0 ? null : quantile(values, share))
  }
  const columns: HtmlColumn<MetricName>[] = [
    { head: 'metric', cell: (metric) => sentence(metricWords[metric].name) },
    ...(one
      ? [{ head: 'all layers', number: true, cell: (metric: MetricName) => metricWords[metric].value(models[0]![metric]) }]
      : []),
    { head: `lowest ${of}`, number: true, cell: value(0) },
    { head: `median ${of}`, number: true, cell: value(0.5) },
    { head: `highest ${of}`, number: true, cell: value(1) },
    { head: `${of}s`, number: true, cell: (metric) => count(sorted(metric).length) },
  ]
  return htmlTable(
    one ? 'Over all layers of the model together, and over its layers one by one' : 'Over the models, each over all its layers',
    columns,
    metricNames,
    'answer',
  )
}
