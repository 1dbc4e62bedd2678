import { type CorrelationRow, type GroupReport, type MetricName, metricNames, type PairRow } from '../analysis/report-types.ts'
import { metricWords } from '../figures/metric-words.ts'
import { count, fixed, plural, pNumber } from '../words.ts'
import { type Html, html } from './html.ts'
import { extremes, inTable, MOST_LISTED } from './long-lists.ts'
import { type HtmlColumn, htmlTable } from './table.ts'

/** Of many pairs, how many at each end of each difference. */
const EXTREMES = 10

/** The shift per data set in both countings, over all layers and in the first one. */
export function shiftTable(report: GroupReport): Html | '' {
  const scopes = report.datasets.length > 1 ? [null, ...report.datasets] : [null]
  const find = (dataset: string | null, counting: 'pairs' | 'models', bucket: 'all' | 'first') =>
    report.shift.find((row) => row.dataset === dataset && row.counting === counting && row.bucket === bucket)
  const cell = (counting: 'pairs' | 'models', bucket: 'all' | 'first') => (dataset: string | null) => {
    const row = find(dataset, counting, bucket)
    if (row && row.shift === null && row.because !== null) return html`<span title="${row.because}">–</span>`
    return fixed(row?.shift, 4)
  }
  if (!scopes.some((dataset) => find(dataset, 'models', 'all'))) return ''
  const paired = report.pairs.length > 0
  const columns: HtmlColumn<string | null>[] = [
    { head: 'data set', cell: (dataset) => dataset ?? 'all' },
    ...(paired ? [{ head: 'D over pairs', number: true, cell: cell('pairs', 'all') }] : []),
    { head: 'D over models', number: true, cell: cell('models', 'all') },
    ...(paired ? [{ head: 'first layer, pairs', number: true, cell: cell('pairs', 'first') }] : []),
    { head: 'first layer, models', number: true, cell: cell('models', 'first') },
  ]
  return htmlTable('Distribution shift D between the groups; over pairs, a model counts once per pair', columns, scopes, 'dense')
}

/** Every pair with its differences. */
export function htmlPairTable({ pairs, groups, coefficients }: GroupReport): Html | '' {
  if (pairs.length === 0) return ''
  const difference = (metric: MetricName): HtmlColumn<PairRow> => ({
    head: metricWords[metric].name,
    number: true,
    cell: (pair) => metricWords[metric].difference(pair.metrics[metric].difference),
  })
  const columns: HtmlColumn<PairRow>[] = [
    { head: groups.b.name, cell: (pair) => pair.b },
    { head: groups.a.name, cell: (pair) => pair.a },
    { head: 'data set', cell: (pair) => pair.dataset ?? '–' },
    ...metricNames.map(difference),
    ...(coefficients ? [{ head: 'D', number: true, cell: (pair: PairRow) => fixed(pair.shift) }] : []),
  ]
  const shown = extremes(
    pairs,
    [
      ...metricNames.map(
        (metric) =>
          ({ metrics }: PairRow) =>
            metrics[metric].difference,
      ),
      ({ shift }: PairRow) => shift,
    ],
    EXTREMES,
  )
  const which =
    shown.length < pairs.length
      ? `: those with the ${EXTREMES} smallest and largest differences and shifts; ${inTable('pairs')}`
      : ''
  return html`<details class="aside"><summary>${plural(pairs.length, 'pair')} one by one</summary>${htmlTable(`Differences ${groups.b.name} − ${groups.a.name}${which}`, columns, shown, 'dense')}</details>`
}

/** All rank correlations with accuracy. */
export function correlationTable({ correlations, groups }: GroupReport): Html | '' {
  const defined = correlations.filter((row) => row.rho !== null)
  if (defined.length === 0) return ''
  const columns: HtmlColumn<CorrelationRow>[] = [
    { head: 'metric', cell: (row) => metricWords[row.metric].name },
    { head: 'against', cell: (row) => row.against.replace('_', ' ') },
    { head: 'models', cell: (row) => (row.group === 'all' ? 'all' : groups[row.group].name) },
    { head: 'of', cell: (row) => row.value ?? 'all' },
    { head: 'rho', number: true, cell: (row) => fixed(row.rho, 3) },
    { head: 'p', number: true, cell: (row) => pNumber(row.p_exact ?? row.p) },
    { head: 'n', number: true, cell: (row) => count(row.n) },
  ]
  const shown = defined.slice(0, MOST_LISTED)
  const which = shown.length < defined.length ? `; the first ${shown.length}, ${inTable('correlations')}` : ''
  return html`<details class="aside"><summary>${plural(defined.length, 'rank correlation')} with accuracy</summary>${htmlTable(`Spearman's rank correlation; p two-sided, not corrected for their number${which}`, columns, shown, 'dense')}</details>`
}
