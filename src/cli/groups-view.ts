import { type GroupReport, metricNames } from '../analysis/report-types.ts'
import { isBeyondChance } from '../figures/chance-words.ts'
import { metricWords } from '../figures/metric-words.ts'
import { describedMetric } from '../measure/metrics/registry.ts'
import { HEADLINE, leadSentences } from '../report/answer.ts'
import { pNumber, shorten } from '../words.ts'
import { pc } from './colour.ts'
import { printable, type TerminalColumn, terminalTable, wrapped } from './terminal.ts'

/** Two groups in a dozen lines: the answer in words, then each metric's means, difference, interval and p. */
export function groupsView(report: GroupReport): string {
  const { a, b } = report.groups
  const rows = metricNames.flatMap((metric) => {
    const found = report.comparisons.find(
      (c) => c.metric === metric && c.bucket === 'all' && c.dataset === null && c.counting === HEADLINE,
    )
    if (!found) return []
    const { interval, difference } = found
    return [
      [
        describedMetric(metric).label.long,
        number(found.a),
        number(found.b),
        difference === null ? '–' : signed(difference),
        interval === null ? '–' : `[${signed(interval[0])}, ${signed(interval[1])}]`,
        found.p_holm === null ? '–' : pValue(found.p_holm),
        String(found.n),
        found.because ?? '',
      ],
    ]
  })
  const right = 'right' as const
  const { lead, rest } = leadSentences(report)
  const [nameA, nameB] = [printable(a.name), printable(b.name)]
  const columns: TerminalColumn[] = [
    { title: 'over all layers' },
    { title: nameA, short: shorten(nameA, 8), align: right },
    { title: nameB, short: shorten(nameB, 8), align: right },
    { title: 'difference', align: right },
    { title: '95 % interval', align: right, drop: 2 },
    { title: 'p (Holm)', align: right },
    { title: 'n', align: right, drop: 1 },
    { title: '', drop: 3 },
  ]
  const correlations = correlationRows(report)
  return [
    pc.bold(wrapped(`${nameB} against ${nameA}`)),
    '',
    ...[lead, ...rest].map((text) => wrapped(`  ${printable(text)}`, '  ')),
    ...(rows.length > 0 ? ['', terminalTable(columns, rows)] : []),
    ...shiftLines(report),
    ...(correlations.length > 0
      ? [
          '',
          terminalTable(
            [
              { title: 'rank correlation of models', short: 'rank correlation' },
              { title: 'with' },
              { title: 'rho', align: right },
              { title: 'p', align: right },
              { title: 'n', align: right, drop: 1 },
            ],
            correlations,
          ),
        ]
      : []),
    '',
  ].join('\n')
}

/** Spearman's rank correlations with accuracy over the models of both groups, where there are accuracies. */
function correlationRows({ correlations }: GroupReport): string[][] {
  return correlations.flatMap(({ metric, against, group, by, rho, p, p_exact, n }) =>
    group !== 'all' || by !== 'all' || rho === null || !metricNames.some((name) => name === metric)
      ? []
      : [[metricWords[metric].name, against.replace('_', ' '), signed(rho), pNumber(p_exact ?? p), String(n)]],
  )
}

/** The shift over all layers, each model once, of all data sets and of each, with what chance gives beside it. */
function shiftLines({ shift, groups: { a, b }, datasets }: GroupReport): string[] {
  const scopes = datasets.length > 1 ? [null, ...datasets] : [null]
  const rows = scopes.flatMap((dataset) =>
    shift.filter((row) => row.dataset === dataset && row.bucket === 'all' && row.counting === 'models' && row.shift !== null),
  )
  if (rows.length === 0) return []
  const right = 'right' as const
  const cells = rows.map(({ dataset, shift: value, chance }) => [
    printable(dataset ?? 'all'),
    number(value),
    number(chance?.median ?? null),
    number(chance?.high ?? null),
    chance ? signed(chance.excess) : '–',
    chance?.interval ? `[${chance.interval.map((end) => end.toFixed(4)).join(', ')}]` : '–',
    chance ? pValue(chance.p_holm ?? chance.p) : '–',
    chance ? (isBeyondChance(chance) ? 'beyond chance' : 'not shown to be beyond chance') : '',
  ])
  return [
    '',
    terminalTable(
      [
        { title: `shift D(${printable(a.name)}, ${printable(b.name)})`, short: 'shift D' },
        { title: 'D', align: right },
        { title: 'by chance', align: right },
        { title: '95 %', align: right, drop: 2 },
        { title: 'excess', align: right, drop: 4 },
        { title: '95 % interval', align: right, drop: 1 },
        { title: 'p (Holm)', align: right },
        { title: '', drop: 3 },
      ],
      cells,
    ),
  ]
}

function number(value: number | null): string {
  return value === null ? '–' : value.toFixed(4)
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`
}

function pValue(p: number): string {
  return p < 0.0001 ? '<0.0001' : p.toFixed(4)
}
