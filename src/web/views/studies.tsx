import { useEffect, useState } from 'preact/hooks'
import type { ColumnCorrelation, ColumnStudy, Studies, StudyPair } from '../../analysis/study-types.ts'
import type { Figure } from '../../figures/figure.ts'
import { count, fixed, plural, pNumber, sentence } from '../../words.ts'
import { FigureCard } from '../parts/figure-card.tsx'
import { type ShownMetric, shownMetrics } from '../parts/metrics.ts'
import { TableFrame } from '../parts/table-frame.tsx'
import type { EarlierStudies } from '../state/models.ts'
import { viewing } from '../state/work.ts'

/** Rows of a table of comparisons or correlations; the rest is in the results' tables. */
const MOST_ROWS = 30
const LEVEL = 0.05

/** What results of an earlier run say by columns of the metadata: values, tests, comparisons of two values, correlations, figures. */
export function StudiesOf({ name, studies }: EarlierStudies) {
  return (
    <section class="stack" aria-label={`Studies by columns of ${name}`}>
      <h2>By columns, from {name}</h2>
      {studies.studies.map((study) => (
        <Study key={study.column} study={study} />
      ))}
      {studies.correlations.length > 0 && <Correlations rows={studies.correlations} />}
      <StudyFigures studies={studies} />
    </section>
  )
}

function Study({ study }: { study: ColumnStudy }) {
  const { column, values, within } = study
  const median = (value: string, metric: ShownMetric) =>
    study.distributions.find(
      (row) => row.metric === metric.key && row.bucket === 'all' && row.stratum === null && row.value === value,
    )?.median ?? null
  const tests = study.tests.filter(
    ({ metric, bucket, test }) => bucket === 'all' && test !== null && shownMetrics.some(({ key }) => key === metric),
  )
  return (
    <>
      <h3>
        {column}: {plural(values.length, 'value')}
      </h3>
      <Table
        label={`Models by ${column}`}
        caption={`Models by ${column}; medians over models, each over all its layers`}
        heads={[column, 'models', 'filters', ...shownMetrics.map(({ short }) => `median ${short}`)]}
        rows={values.map(({ value, models, filters }) => [
          value,
          count(models),
          count(filters),
          ...shownMetrics.map((metric) => metric.print(median(value, metric))),
        ])}
      />
      {tests.length > 0 && (
        <Table
          label={`Do the values of ${column} differ`}
          caption={`Do the values of ${column} differ, over all layers?`}
          heads={['metric', within ?? 'models', 'test', 'effect', 'p (Holm)', 'n']}
          rows={tests.map(({ metric, stratum, test, effect, p_holm, n }) => [
            titleOf(metric),
            stratum ?? 'all',
            test ?? '–',
            fixed(effect, 2),
            pNumber(p_holm),
            count(n),
          ])}
        />
      )}
      <Pairwise study={study} />
      {study.warnings.map((text) => (
        <p key={text} class="note quiet small">
          {sentence(text)}.
        </p>
      ))}
    </>
  )
}

function Pairwise({ study: { column, within, pairwise = [] } }: { study: ColumnStudy }) {
  const known = pairwise.filter(({ metric }) => shownMetrics.some(({ key }) => key === metric))
  if (known.length === 0) return null
  const apart = known.filter(({ p_holm }) => p_holm < LEVEL).sort((x: StudyPair, y: StudyPair) => x.p_holm - y.p_holm)
  return (
    <>
      <p class="small muted">
        {count(apart.length)} of {count(known.length)} comparisons of two values of {column} show a difference (Dunn's test,
        Holm's correction over the pairs of a metric).
      </p>
      {apart.length > 0 && (
        <Table
          label={`Values of ${column} that differ`}
          caption={`Values of ${column} that differ`}
          heads={['metric', within ?? 'models', 'values', 'effect', 'p (Holm)', 'n']}
          rows={apart
            .slice(0, MOST_ROWS)
            .map(({ metric, stratum, a, b, effect, p_holm, n_a, n_b }) => [
              titleOf(metric),
              stratum ?? 'all',
              `${a} / ${b}`,
              fixed(effect, 2),
              pNumber(p_holm),
              `${n_a} / ${n_b}`,
            ])}
        />
      )}
    </>
  )
}

function Correlations({ rows }: { rows: readonly ColumnCorrelation[] }) {
  const shown = rows.filter(
    ({ of, bucket, rho }) => bucket === 'all' && rho !== null && shownMetrics.some(({ key }) => key === of),
  )
  if (shown.length === 0) return null
  return (
    <Table
      label="Rank correlations with columns"
      caption={`Spearman's rank correlations over models${shown.length > MOST_ROWS ? `; the first ${MOST_ROWS} of ${count(shown.length)}` : ''}`}
      heads={['of', 'with', 'models', 'rho', 'p', 'p (Holm)', 'n']}
      rows={shown
        .slice(0, MOST_ROWS)
        .map(({ of, against, dataset, architecture, rho, p, p_exact, p_holm, n }) => [
          titleOf(of),
          against,
          [dataset, architecture].filter((part) => part !== null).join(', ') || 'all',
          fixed(rho),
          pNumber(p_exact ?? p),
          pNumber(p_holm),
          count(n),
        ])}
    />
  )
}

function titleOf(metric: string): string {
  return shownMetrics.find(({ key }) => key === metric)?.title ?? metric
}

/** A table whose first column names its rows; texts stand left, numbers right. */
function Table(props: { label: string; caption: string; heads: readonly string[]; rows: readonly (readonly string[])[] }) {
  const { label, caption, heads, rows } = props
  const isNumber = heads.map((_, k) => k > 0 && rows.every((row) => /^[−<]?\s?[\d.,–]/.test(row[k]!)))
  return (
    <TableFrame label={label}>
      <table class="compact">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {heads.map((head, k) => (
              <th key={head} scope="col" class={isNumber[k] ? 'number' : ''}>
                <span>{head}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.join(' ')}>
              {row.map((cell, k) =>
                k === 0 ? (
                  <th key={heads[k]} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td key={heads[k]} class={isNumber[k] ? 'number' : ''}>
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  )
}

function StudyFigures({ studies }: { studies: Studies }) {
  const [figures, setFigures] = useState<readonly Figure[] | string | null>(null)
  useEffect(() => {
    const abort = new AbortController()
    viewing('figures', { studies }, { signal: abort.signal }).then(setFigures, (error: unknown) => {
      if (!abort.signal.aborted) setFigures(error instanceof Error ? error.message : String(error))
    })
    return () => abort.abort()
  }, [studies])
  if (figures === null)
    return (
      <p class="muted" role="status">
        Drawing …
      </p>
    )
  if (typeof figures === 'string') return <p class="note">{figures}</p>
  return figures.map((figure) => <FigureCard key={figure.id} figure={figure} />)
}
