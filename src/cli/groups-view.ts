import { type GroupReport, metricNames } from '../analysis/report-types.ts'
import { describedMetric } from '../measure/metrics/registry.ts'
import { HEADLINE, leadSentences } from '../report/answer.ts'
import { pc } from './colour.ts'
import { printable, terminalTable } from './terminal.ts'

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
  return [
    pc.bold(`${printable(b.name)} against ${printable(a.name)}`),
    '',
    ...[lead, ...rest].map((text) => `  ${printable(text)}`),
    ...(rows.length > 0
      ? [
          '',
          terminalTable(
            [
              { title: 'over all layers' },
              { title: printable(a.name), align: right },
              { title: printable(b.name), align: right },
              { title: 'difference', align: right },
              { title: '95 % interval', align: right },
              { title: 'p (Holm)', align: right },
              { title: 'n', align: right },
              { title: '' },
            ],
            rows,
          ),
        ]
      : []),
    ...(overall?.shift !== null && overall?.shift !== undefined
      ? ['', `  distribution shift D(${printable(a.name)}, ${printable(b.name)}) = ${overall.shift.toFixed(4)}`]
      : []),
    '',
  ].join('\n')
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
