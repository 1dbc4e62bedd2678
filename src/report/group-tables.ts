import {
  type CorrelationRow,
  type GroupReport,
  type MetricName,
  metricNames,
  type PairRow,
  type ShiftRow,
} from '../analysis/report-types.ts'
import { chanceNote, excessText, isBeyondChance } from '../figures/chance-words.ts'
import { bucketWords, metricWords } from '../figures/metric-words.ts'
import { count, fixed, plural, pNumber } from '../words.ts'
import { type Html, html } from './html.ts'
import { extremes, inTable, MOST_LISTED } from './long-lists.ts'
import { type HtmlColumn, htmlTable } from './table.ts'

/** Of many pairs, how many at each end of each difference. */
const EXTREMES = 10

/** The shift per data set in both countings, over all layers and in the first one, with what chance gives beside each. */
export function shiftTable(report: GroupReport): Html[] | '' {
  const scopes = report.datasets.length > 1 ? [null, ...report.datasets] : [null]
  const rows = scopes.flatMap((dataset) =>
    (['all', 'first'] as const).flatMap((bucket) =>
      report.shift.filter((row) => row.dataset === dataset && row.bucket === bucket),
    ),
  )
  if (!rows.some(({ bucket }) => bucket === 'all')) return ''
  const paired = report.pairs.length > 0
  const columns: HtmlColumn<ShiftRow>[] = [
    { head: 'data set', cell: ({ dataset }) => dataset ?? 'all' },
    { head: 'layers', cell: ({ bucket }) => (bucket === 'all' ? 'all' : 'first') },
    ...(paired ? [{ head: 'counted', cell: ({ counting }: ShiftRow) => `over ${counting}` }] : []),
    ...shiftColumns,
  ]
  const counted = paired ? '; over pairs, a model counts once per pair' : ''
  return [
    htmlTable(`Distribution shift D between the groups${counted}`, columns, rows, 'dense'),
    html`<p class="small">${[chanceNote(rows.map(({ chance }) => chance)), ...undefinedText(rows)].filter((text) => text !== '').join(' ')}</p>`,
    html`<details class="aside"><summary>The shift in each depth bucket in numbers</summary>${depthShiftTables(report)}</details>`,
  ]
}

/** Why a data set has no shift: of the first row that has none. */
function undefinedText(rows: readonly ShiftRow[]): string[] {
  const reasons = new Map<string, string>()
  for (const { dataset, shift, because } of rows) {
    const set = dataset ?? 'all'
    if (shift === null && because !== null && !reasons.has(set)) reasons.set(set, because)
  }
  return [...reasons].map(([set, because]) => `No shift in ${set}: ${because}.`)
}

/** The numbers behind the figure by depth: a table a data set. */
function depthShiftTables(report: GroupReport): Html[] {
  const scopes = report.datasets.length > 1 ? report.datasets : [null]
  const counting = report.shift.some((row) => row.counting === 'pairs') ? 'pairs' : 'models'
  return scopes.flatMap((dataset) => {
    const rows = report.shift.filter(
      (row) => row.dataset === dataset && row.counting === counting && row.bucket !== 'all' && row.shift !== null,
    )
    if (rows.length === 0) return []
    const caption = `${dataset ?? 'All data sets'}, over ${counting}; p corrected over the ${rows.length} buckets`
    return [htmlTable(caption, [{ head: 'depth', cell: ({ bucket }) => bucketWords(bucket) }, ...shiftColumns], rows, 'dense')]
  })
}

/** What stands beside every shift. */
const shiftColumns: readonly HtmlColumn<ShiftRow>[] = [
  {
    head: 'D',
    number: true,
    cell: ({ shift, because }) => (shift === null ? html`<span title="${because ?? ''}">–</span>` : fixed(shift, 4)),
  },
  {
    head: 'by chance',
    title: 'median of D when the sides mean nothing',
    number: true,
    cell: ({ chance }) => fixed(chance?.median, 4),
  },
  {
    head: '95 %',
    title: '95 % quantile of D when the sides mean nothing',
    number: true,
    cell: ({ chance }) => fixed(chance?.high, 4),
  },
  {
    head: 'excess',
    title: 'D less the median of chance, with its pivotal bootstrap interval over independent units',
    number: true,
    cell: ({ chance }) => excessText(chance, 4),
  },
  {
    head: 'p',
    title: "corrected by Holm's method",
    number: true,
    cell: ({ chance }) => {
      if (!chance) return '–'
      const text = pNumber(chance.p_holm ?? chance.p)
      return isBeyondChance(chance) ? html`<b>${text}</b>` : text
    },
  },
  {
    head: 'n',
    title: 'independent units: clusters of pairs, or models',
    number: true,
    cell: ({ chance }) => (chance ? count(chance.units) : '–'),
  },
]

/** Every pair with its differences. */
export function htmlPairTable({ pairs, groups, coefficients, models }: GroupReport): Html | '' {
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
    ...accuracyColumns(models),
    ...metricNames.map(difference),
    ...(coefficients
      ? [
          { head: 'D', number: true, cell: (pair: PairRow) => fixed(pair.shift) },
          {
            head: 'by chance (95 %)',
            title: 'median and 95 % quantile of D when the filters of both are dealt out anew',
            number: true,
            cell: ({ chance }: PairRow) => (chance ? `${fixed(chance.median)} (${fixed(chance.high)})` : '–'),
          },
        ]
      : []),
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

/** The accuracies of both models of a pair, where any is known: group a's, then b's. */
function accuracyColumns(models: GroupReport['models']): HtmlColumn<PairRow>[] {
  const known = new Map([...models].map((row) => [row.model, row]))
  return (['clean_accuracy', 'robust_accuracy'] as const).flatMap((which) => {
    const of = (model: string): number | null => known.get(model)?.[which] ?? null
    if (![...known.keys()].some((model) => of(model) !== null)) return []
    const name = which.replace('_', ' ')
    return [
      {
        head: name,
        title: `${name} of both models, the first group's before the second's`,
        number: true,
        cell: ({ a, b }: PairRow) => `${fixed(of(a), 1)} → ${fixed(of(b), 1)}`,
      },
    ]
  })
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
