import { chanceDraws } from '../analysis/exchange.ts'
import { groupedNames, type MetricName, metricNames } from '../analysis/report-names.ts'
import type { ColumnCorrelation, ColumnStudy, Studies } from '../analysis/study-types.ts'
import { tooFewDraws } from '../figures/chance-words.ts'
import { describedMetric } from '../measure/metrics/registry.ts'
import { count, fixed, numberFormats, plural, pNumber } from '../words.ts'
import { pc } from './colour.ts'
import { printable, terminalTable, wrapped } from './terminal.ts'

const right = 'right' as const
/** Rows of a table beyond which the rest is left to the exported tables. */
const MOST_ROWS = 24
const MOST_SHIFTS = 10

/** The studies by columns, and the rank correlations with numeric ones. */
export function studiesView({ studies, correlations }: Studies): string {
  return [...studies.map(studyView), ...(correlations.length > 0 ? [correlationsView(correlations)] : [])].join('\n')
}

function studyView(study: ColumnStudy): string {
  const { column, values, within, strata } = study
  const shown = values.slice(0, MOST_ROWS)
  const median = (value: string, metric: MetricName): number | null =>
    study.distributions.find(
      (row) => row.metric === metric && row.bucket === 'all' && row.stratum === null && row.value === value,
    )?.median ?? null
  const rows = shown.map(({ value, models, networks, filters }) => [
    printable(value),
    models === networks ? count(models) : `${count(models)} (${count(networks)} different)`,
    count(filters),
    ...metricNames.map((metric) => numberFormats[describedMetric(metric).format].value(median(value, metric))),
  ])
  const tests = metricNames.flatMap((metric) =>
    [null, ...strata].flatMap((stratum) => {
      const test = study.tests.find((row) => row.metric === metric && row.bucket === 'all' && row.stratum === stratum)
      if (test?.p === null || test?.p === undefined) return []
      return [
        [
          describedMetric(metric).label.long,
          stratum === null ? 'all' : printable(stratum),
          test.test ?? '–',
          fixed(test.effect, 2),
          pNumber(test.p_holm),
          count(test.n),
        ],
      ]
    }),
  )
  return [
    `${pc.bold(`By ${printable(column)}: ${plural(values.length, 'value')}`)}; medians over models`,
    '',
    terminalTable(
      [
        { title: printable(column), isName: true },
        { title: 'models', align: right },
        { title: 'filters', align: right, drop: 1 },
        ...metricNames.map((metric) => {
          const { short, shortest } = describedMetric(metric).label
          return { title: `median ${short}`, short: shortest ?? short, align: right }
        }),
      ],
      rows,
    ),
    ...(values.length > shown.length ? [`  and ${plural(values.length - shown.length, 'more value')}: export has all`] : []),
    ...(tests.length > 0
      ? [
          '',
          terminalTable(
            [
              { title: 'over all layers', isName: true },
              { title: within === null ? 'models' : printable(within), short: 'within', isName: true },
              { title: 'test', drop: 2 },
              { title: 'effect', align: right },
              { title: 'p (Holm)', align: right },
              { title: 'n', align: right, drop: 1 },
            ],
            tests,
          ),
        ]
      : []),
    ...pairwiseLines(study),
    ...shiftLines(study),
    ...study.warnings.map((text) => wrapped(`  ${printable(text)}`, '  ')),
    '',
  ].join('\n')
}

/** Every two values that differ, of three or more that are tested; or that none is shown to. */
function pairwiseLines({ pairwise = [], within }: ColumnStudy): string[] {
  const known = pairwise.filter(({ metric }) => (metricNames as readonly string[]).includes(metric))
  if (known.length === 0) return []
  const apart = known.filter(({ p_holm }) => p_holm < 0.05).sort((x, y) => x.p_holm - y.p_holm || x.p - y.p)
  const said = `${count(apart.length)} of ${count(known.length)} comparisons of two values show a difference (Dunn's test, Holm)`
  if (apart.length === 0) return ['', wrapped(`  ${said}`, '  ')]
  const shown = apart.slice(0, MOST_SHIFTS)
  const rows = shown.map(({ metric, stratum, a, b, effect, p_holm, n_a, n_b }) => [
    describedMetric(metric).label.long,
    stratum === null ? 'all' : printable(stratum),
    [a, b].map(printable).join(' / '),
    fixed(effect, 2),
    pNumber(p_holm),
    `${n_a} / ${n_b}`,
  ])
  return [
    '',
    terminalTable(
      [
        { title: 'two values', isName: true },
        { title: within === null ? 'models' : printable(within), short: 'within', drop: 2 },
        { title: '', isName: true },
        { title: 'effect', align: right },
        { title: 'p (Holm)', align: right },
        { title: 'n', align: right, drop: 1 },
      ],
      rows,
    ),
    wrapped(
      `  ${said}${apart.length > shown.length ? `; the ${MOST_SHIFTS} with the smallest p, all in study-pairwise` : ''}`,
      '  ',
    ),
  ]
}

/** The shifts between two values whose excess over the median of chance is largest, beyond chance or not: p says which. */
function shiftLines({ matrix }: ColumnStudy): string[] {
  if (!matrix) return []
  const pairs = matrix.values.flatMap((value, i) =>
    matrix.values
      .slice(0, i)
      .map((other, j) => ({ names: [other, value], shift: matrix.shift[i]![j]!, chance: matrix.chance?.[i]?.[j] ?? null })),
  )
  const known = pairs.filter(({ shift }) => shift !== null)
  const beyond = (pair: (typeof known)[number]): number => pair.chance?.excess ?? pair.shift!
  const shown = known.sort((p, q) => beyond(q) - beyond(p)).slice(0, MOST_SHIFTS)
  if (shown.length === 0) return []
  const rows = shown.map(({ names, shift, chance }) => [
    names.map(printable).join(' / '),
    fixed(shift, 4),
    fixed(chance?.median, 4),
    fixed(chance?.high, 4),
    chance ? pNumber(chance.p_holm ?? chance.p) : '–',
  ])
  const table = terminalTable(
    [
      { title: 'distribution shift', isName: true },
      { title: 'D', align: right },
      { title: 'by chance', align: right },
      { title: '95 %', align: right, drop: 1 },
      { title: 'p (Holm)', align: right },
    ],
    rows,
  )
  const rest = known.length - shown.length
  const few = tooFewDraws(
    known.map(({ chance }) => chance),
    chanceDraws,
  )
  return [
    '',
    table,
    ...(few === undefined ? [] : [wrapped(`  ${few}`, '  ')]),
    ...(rest > 0
      ? [
          wrapped(
            `  the ${MOST_SHIFTS} with the largest excess over chance; ${plural(rest, 'more', 'more')} in study-shifts`,
            '  ',
          ),
        ]
      : []),
  ]
}

function correlationsView(correlations: readonly ColumnCorrelation[]): string {
  const shown = correlations.filter(
    ({ of, bucket, rho }) =>
      rho !== null && bucket === 'all' && (!isMetric(of) || (metricNames as readonly string[]).includes(of)),
  )
  const scope = ({ dataset, architecture }: ColumnCorrelation): string =>
    [dataset, architecture].filter((part) => part !== null).join(', ') || 'all'
  const rows = shown
    .slice(0, 2 * MOST_ROWS)
    .map((row) => [
      isMetric(row.of) ? describedMetric(row.of).label.long : printable(row.of),
      printable(row.against),
      printable(scope(row)),
      fixed(row.rho, 3),
      pNumber(row.p_exact ?? row.p),
      pNumber(row.p_holm),
      count(row.n),
    ])
  return [
    pc.bold('Rank correlations over models (Spearman)'),
    '',
    terminalTable(
      [
        { title: 'of', isName: true },
        { title: 'with', isName: true },
        { title: 'models', isName: true },
        { title: 'rho', align: right },
        { title: 'p', align: right, drop: 1 },
        { title: 'p (Holm)', align: right },
        { title: 'n', align: right, drop: 2 },
      ],
      rows,
    ),
    `  ${plural(rows.length, 'correlation')} of ${count(correlations.length)} shown: export has all`,
    '',
  ].join('\n')
}

function isMetric(name: string): name is MetricName {
  return (groupedNames as readonly string[]).includes(name)
}
