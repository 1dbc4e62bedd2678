import { type GroupReport, metricNames } from '../analysis/report-types.ts'
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
  const overall = report.shift.find((row) => row.dataset === null && row.bucket === 'all' && row.counting === 'models')
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
    ...(overall?.shift !== null && overall?.shift !== undefined
      ? ['', wrapped(`  distribution shift D(${nameA}, ${nameB}) = ${overall.shift.toFixed(4)}`, '  ')]
      : []),
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

function number(value: number | null): string {
  return value === null ? '–' : value.toFixed(4)
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`
}

function pValue(p: number): string {
  return p < 0.0001 ? '<0.0001' : p.toFixed(4)
}
