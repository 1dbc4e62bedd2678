import { metricNames } from '../analysis/report-names.ts'
import type { ColumnCorrelation, ColumnStudy, Studies, StudyPair, StudyTest, StudyValue } from '../analysis/study-types.ts'
import { metricWords } from '../figures/metric-words.ts'
import { describedMetric } from '../measure/metrics/registry.ts'
import { count, fixed, percent, pNumber, sentence } from '../words.ts'
import { type Html, html } from './html.ts'
import { type HtmlColumn, htmlTable } from './table.ts'

/** Rows of the table of comparisons of two values. */
const MOST_PAIRS = 40
/** Rows of the correlations' table; the rest is in the tables. */
const MOST_ROWS = 60

/** The tables of the studies by columns and of the correlations with columns. */
export function studiesTables({ studies, correlations }: Studies): Html[] {
  return [
    ...studies.flatMap((study) => [valuesTable(study), testsTable(study), ...pairwiseTable(study)]),
    ...correlationTables(correlations),
  ]
}

function valuesTable(study: ColumnStudy): Html {
  const median = (metric: (typeof metricNames)[number]) => (row: StudyValue) =>
    metricWords[metric].value(
      study.distributions.find(
        (one) => one.metric === metric && one.bucket === 'all' && one.stratum === null && one.value === row.value,
      )?.median ?? null,
    )
  const columns: HtmlColumn<StudyValue>[] = [
    { head: study.column, cell: ({ value }) => value },
    { head: 'models', number: true, cell: ({ models }) => count(models) },
    { head: 'different', title: 'models with filters of their own', number: true, cell: ({ networks }) => count(networks) },
    { head: 'filters', number: true, cell: ({ filters }) => count(filters) },
    {
      head: 'of all',
      title: 'share of sparse filters among all filters together',
      number: true,
      cell: ({ sparsity }) => percent(sparsity),
    },
    ...metricNames.map(
      (metric): HtmlColumn<StudyValue> => ({
        head: describedMetric(metric).label.short,
        title: `median ${metricWords[metric].name} over the models`,
        number: true,
        cell: median(metric),
      }),
    ),
  ]
  return htmlTable(`Models by ${study.column}; medians over models, each over all its layers`, columns, study.values, 'dense')
}

function testsTable(study: ColumnStudy): Html {
  const rows = study.tests.filter(({ metric, bucket, test }) => bucket === 'all' && test !== null && metric in metricWords)
  const columns: HtmlColumn<StudyTest>[] = [
    { head: 'metric', cell: ({ metric }) => sentence(metricWords[metric].name) },
    { head: study.within ?? 'models', cell: ({ stratum }) => stratum ?? 'all' },
    { head: 'test', cell: ({ test }) => test ?? '–' },
    { head: 'values', number: true, cell: ({ values }) => count(values) },
    {
      head: 'effect',
      title: 'rank-biserial correlation of two values, epsilon squared of more',
      number: true,
      cell: ({ effect }) => fixed(effect, 2),
    },
    {
      head: 'p',
      title: "corrected by Holm's method over the metrics",
      number: true,
      cell: ({ p_holm }) => (p_holm !== null && p_holm < 0.05 ? html`<b>${pNumber(p_holm)}</b>` : pNumber(p_holm)),
    },
    { head: 'n', title: 'models with filters of their own', number: true, cell: ({ n }) => count(n) },
  ]
  return htmlTable(`Do the values of ${study.column} differ, over all layers?`, columns, rows, 'dense')
}

/** Every two values of three or more, the smallest p first. */
function pairwiseTable({ column, pairwise = [], within }: ColumnStudy): Html[] {
  const shown = pairwise.filter(({ metric }) => !isShape(metric)).sort((x, y) => x.p_holm - y.p_holm || x.p - y.p)
  if (shown.length === 0) return []
  const columns: HtmlColumn<StudyPair>[] = [
    { head: 'metric', cell: ({ metric }) => sentence(metricWords[metric].name) },
    { head: within ?? 'models', cell: ({ stratum }) => stratum ?? 'all' },
    { head: column, cell: ({ a, b }) => `${a} / ${b}` },
    {
      head: 'effect',
      title: 'rank-biserial correlation, above 0 where the second value is higher',
      number: true,
      cell: ({ effect }) => fixed(effect, 2),
    },
    {
      head: 'z',
      title: "Dunn's z: difference of mean ranks over its standard error",
      number: true,
      cell: ({ z }) => fixed(z, 2),
    },
    {
      head: 'p',
      title: "Dunn's test, corrected by Holm's method over the pairs of a metric",
      number: true,
      cell: ({ p_holm }) => (p_holm < 0.05 ? html`<b>${pNumber(p_holm)}</b>` : pNumber(p_holm)),
    },
    { head: 'n', number: true, cell: ({ n_a, n_b }) => `${count(n_a)} / ${count(n_b)}` },
  ]
  const apart = shown.filter(({ p_holm }) => p_holm < 0.05).length
  const rest = shown.length - MOST_PAIRS
  const caption = `Which values of ${column} differ: ${apart === 0 ? 'none' : count(apart)} of ${count(shown.length)} comparisons of two values, after Holm's correction${rest > 0 ? `; the ${MOST_PAIRS} with the smallest p, all in study-pairwise` : ''}`
  return [htmlTable(caption, columns, shown.slice(0, MOST_PAIRS), 'dense')]
}

function correlationTables(correlations: readonly ColumnCorrelation[]): Html[] {
  const known = correlations.filter(({ rho, bucket, of }) => rho !== null && bucket === 'all' && !isShape(of))
  if (known.length === 0) return []
  const columns: HtmlColumn<ColumnCorrelation>[] = [
    { head: 'of', cell: ({ of }) => wordOf(of) },
    { head: 'with', cell: ({ against }) => against },
    {
      head: 'models',
      cell: ({ dataset, architecture }) => [dataset, architecture].filter((part) => part !== null).join(', ') || 'all',
    },
    { head: 'rho', number: true, cell: ({ rho }) => fixed(rho) },
    { head: 'p', number: true, cell: ({ p, p_exact }) => pNumber(p_exact ?? p) },
    {
      head: 'p (Holm)',
      title: 'corrected over all correlations in scopes of this kind',
      number: true,
      cell: ({ p_holm }) => (p_holm !== null && p_holm < 0.05 ? html`<b>${pNumber(p_holm)}</b>` : pNumber(p_holm)),
    },
    { head: 'n', number: true, cell: ({ n }) => count(n) },
  ]
  const rest = known.length - MOST_ROWS
  return [
    htmlTable(
      `Spearman's rank correlation with columns${rest > 0 ? `; the first ${MOST_ROWS} of ${count(known.length)}, all in column-correlations` : ''}`,
      columns,
      known.slice(0, MOST_ROWS),
      'dense',
    ),
  ]
}

function wordOf(name: string): string {
  return name in metricWords ? metricWords[name as keyof typeof metricWords].name : name
}

/** A metric beside the paper's three. */
function isShape(name: string): boolean {
  return name in metricWords && !(metricNames as readonly string[]).includes(name)
}
