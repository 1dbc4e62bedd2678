import type { MetricName } from '../../analysis/report-types.ts'
import { count, percent, plural, pNumber, sentence } from '../../words.ts'
import { chooseFiles } from '../drop/drop-target.tsx'
import { FigureCard } from '../parts/figure-card.tsx'
import { shownMetrics } from '../parts/metrics.ts'
import { TableFrame } from '../parts/table-frame.tsx'
import { choiceNow, columnsToGroupBy, type Grouping, groupFigures, grouping, valuesOf } from '../state/groups.ts'
import { earlierStudies, metaProblem, models, pairs, pairsProblem } from '../state/models.ts'
import { tweak } from '../state/route.ts'
import { ShiftState } from './shift-state.tsx'
import { StudiesOf } from './studies.tsx'

/** Two groups of models: the answer in numbers, then by depth. */
export function Groups() {
  const found = grouping.value
  return (
    <main class="wide stack" style={{ maxWidth: '1080px' }}>
      <h1>Groups</h1>
      {[metaProblem.value, pairsProblem.value].map(
        (problem) =>
          problem && (
            <p key={problem} class="note">
              {problem}
            </p>
          ),
      )}
      <Chooser />
      <ShiftState />
      {'problem' in found && <p class="note quiet">{found.problem}</p>}
      {'working' in found && (
        <p class="muted" role="status">
          Comparing the groups …
        </p>
      )}
      {'report' in found && <Answer {...found} />}
      {earlierStudies.value.map((one) => (
        <StudiesOf key={one.name} {...one} />
      ))}
    </main>
  )
}

/** A value of a column as a person says it. */
function spoken(column: string, text: string): string {
  if (text !== 'true' && text !== 'false') return text
  if (column.toLowerCase() === 'robust') return text === 'true' ? 'robust' : 'normal'
  return text === 'true' ? 'yes' : 'no'
}

/** Which metadata column defines the groups, and which two of its values. */
function Chooser() {
  const columns = columnsToGroupBy.value
  const { by, a, b } = choiceNow.value
  if (columns.length === 0) {
    return (
      <div class="card stack">
        <p>
          Groups come from a table about the models: a CSV file with a column <strong>Name</strong> and columns such as{' '}
          <strong>Robust</strong> or <strong>Training-Dataset</strong>, and if you have it one of pairs (
          <strong>Robust, Normal</strong>).
        </p>
        <div>
          <button type="button" class="button" onClick={chooseFiles}>
            Choose the table
          </button>
        </div>
      </div>
    )
  }
  const values = valuesOf(by)
  const value = (label: string, key: 'ga' | 'gb', now: string) => (
    <label class="row">
      <span class={`swatch ${key === 'ga' ? 'a' : 'b'}`} aria-hidden="true" />
      <span class="unseen">{label}</span>
      <select class="select" value={now} onChange={(event) => tweak({ [key]: event.currentTarget.value })}>
        {values.map(({ text, n }) => (
          <option key={text} value={text}>
            {spoken(by, text)} ({n})
          </option>
        ))}
      </select>
    </label>
  )
  return (
    <div class="card row" style={{ gap: '20px' }}>
      <label class="row">
        Grouped by
        <select class="select" value={by} onChange={(event) => tweak({ by: event.currentTarget.value, ga: '', gb: '' })}>
          {columns.map((column) => (
            <option key={column} value={column}>
              {column}
            </option>
          ))}
        </select>
      </label>
      {value('First group', 'ga', a)}
      {value('Second group', 'gb', b)}
      <span class="small muted">
        {plural(models.value.length, 'model')}
        {pairs.value.length > 0 ? `, ${plural(pairs.value.length, 'pair')}` : ''}
      </span>
    </div>
  )
}

function Answer({ report }: Extract<Grouping, { report: unknown }>) {
  const { a, b } = report.groups
  const mean = (metric: MetricName, group: 'a' | 'b') =>
    report.distributions.find(
      (one) => one.metric === metric && one.group === group && one.bucket === 'all' && one.dataset === null,
    )?.mean ?? null
  const compared = (metric: MetricName) =>
    report.comparisons.find(
      (one) => one.metric === metric && one.bucket === 'all' && one.dataset === null && one.counting === 'models',
    )
  const paired = report.comparisons.length > 0
  // Beside a paired difference stand the means that it is the difference of.
  const shownMean = (metric: MetricName, group: 'a' | 'b') => (paired ? (compared(metric)?.[group] ?? null) : mean(metric, group))
  const figures = groupFigures.value
  return (
    <>
      <TableFrame label="Both groups">
        <table>
          <caption class="unseen">
            {a.name} and {b.name}: {paired ? 'means over independent pairs, and their difference' : 'means over models'}
          </caption>
          <thead>
            <tr>
              <th scope="col">
                <span>{paired ? 'mean over pairs' : 'mean over models'}</span>
              </th>
              <th scope="col" class="number">
                <span>
                  <span class="swatch a" /> {a.name}
                </span>
              </th>
              <th scope="col" class="number">
                <span>
                  <span class="swatch b" /> {b.name}
                </span>
              </th>
              {paired && (
                <>
                  <th scope="col" class="number">
                    <span>paired difference</span>
                  </th>
                  <th scope="col" class="number phone-hide">
                    <span>95 % interval</span>
                  </th>
                  <th scope="col" class="number">
                    <span>p (Holm)</span>
                  </th>
                  <th scope="col" class="number phone-hide">
                    <span>n</span>
                  </th>
                </>
              )}
            </tr>
          </thead>
          <tbody>
            {shownMetrics.map((metric) => {
              const comparison = compared(metric.key)
              return (
                <tr key={metric.key}>
                  <th scope="row">{metric.title}</th>
                  <td class="number">{metric.print(shownMean(metric.key, 'a'))}</td>
                  <td class="number">{metric.print(shownMean(metric.key, 'b'))}</td>
                  {paired && (
                    <>
                      <td class="number">{metric.words.difference(comparison?.difference)}</td>
                      <td class="number phone-hide">{metric.words.interval(comparison?.interval)}</td>
                      <td class="number">{pNumber(comparison?.p_holm)}</td>
                      <td class="number phone-hide">{comparison ? count(comparison.n) : '–'}</td>
                    </>
                  )}
                </tr>
              )
            })}
          </tbody>
        </table>
      </TableFrame>
      <p class="small muted">
        {a.name}: {plural(a.models, 'model')}, {count(a.filters)} filters, {percent(a.sparsity)} of them sparse. {b.name}:{' '}
        {plural(b.models, 'model')}, {count(b.filters)} filters, {percent(b.sparsity)} sparse.
        {paired
          ? ` Wilcoxon's signed-rank test over pairs, those that share a model as one; ${report.methods.correction}.`
          : ' Without a table of pairs, differences are not tested.'}
      </p>
      {report.warnings.map((text) => (
        <p key={text} class="note quiet small">
          {sentence(text)}.
        </p>
      ))}
      {figures === null ? (
        <p class="muted" role="status">
          Drawing …
        </p>
      ) : (
        figures.map((figure) => <FigureCard key={figure.id} figure={figure} />)
      )}
    </>
  )
}
