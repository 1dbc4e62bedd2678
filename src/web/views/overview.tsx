import { useRef } from 'preact/hooks'
import { metaOf } from '../../database/provenance.ts'
import { count, fixed, plural } from '../../words.ts'
import { chooseFiles } from '../drop/drop-target.tsx'
import { AddIcon, CloseIcon } from '../parts/icons.tsx'
import { MetricHeading } from '../parts/metric-heading.tsx'
import { type ShownMetric, shownMetrics } from '../parts/metrics.ts'
import { bytes } from '../parts/numbers.ts'
import { useRowsWindow } from '../parts/rows-window.ts'
import { Spark } from '../parts/spark.tsx'
import { TableFrame } from '../parts/table-frame.tsx'
import { type Loaded, models, removeModel } from '../state/models.ts'
import { formatRoute, go, route, tweak } from '../state/route.ts'
import { Jobs } from './model-list.tsx'

interface Column {
  readonly key: string
  readonly title: string
  readonly metric?: ShownMetric
  readonly number?: boolean
  readonly hideOnPhone?: boolean
  value(model: Loaded): string | number | boolean | null
  cell?(model: Loaded): unknown
}

const ROW = 44
const MOST_META = 8

function columnsFor(list: readonly Loaded[]): Column[] {
  const meta = [...new Set(list.flatMap((model) => Object.keys(model.row.meta)))].slice(0, MOST_META)
  return [
    { key: 'format', title: 'format', hideOnPhone: true, value: (model) => model.row.format },
    {
      key: 'bytes',
      title: 'size',
      number: true,
      hideOnPhone: true,
      value: (model) => model.row.bytes,
      cell: (model) => bytes(model.row.bytes),
    },
    {
      key: 'layers',
      title: 'layers',
      number: true,
      hideOnPhone: true,
      value: (model) => model.row.layers,
      cell: (model) => count(model.row.layers),
    },
    {
      key: 'filters',
      title: 'filters',
      number: true,
      hideOnPhone: true,
      value: (model) => model.row.filters,
      cell: (model) => count(model.row.filters),
    },
    ...shownMetrics.map((metric) => ({
      key: metric.key,
      title: metric.title.toLowerCase(),
      metric,
      number: true,
      value: (model: Loaded) => model.row[metric.key],
      cell: (model: Loaded) => <Spark metric={metric} value={model.row[metric.key]} />,
    })),
    {
      key: 'flags',
      title: 'flags',
      number: true,
      value: (model) => model.flags.filter((flags) => flags.length > 0).length,
      cell: (model) => {
        const n = model.flags.filter((flags) => flags.length > 0).length
        return n ? <span class="flag">{n} ▲</span> : <span class="muted">0</span>
      },
    },
    ...meta.map((key) => metaColumn(key, list)),
  ]
}

/** A column of the meta table; numbers stand with the decimals of the one that has most. */
function metaColumn(key: string, list: readonly Loaded[]): Column {
  const values = list.map((model) => metaOf(model.row.meta, key))
  const numbers = values.filter((value) => typeof value === 'number')
  const decimals = Math.min(4, Math.max(0, ...numbers.map((value) => String(value).split('.')[1]?.length ?? 0)))
  const print = (value: (typeof values)[number]): unknown => {
    if (typeof value === 'number') return fixed(value, decimals)
    const text = plain(value)
    return (
      <span class="text" title={text}>
        {text}
      </span>
    )
  }
  return {
    key: `meta.${key}`,
    title: key,
    hideOnPhone: true,
    number: numbers.length > 0,
    value: (model) => metaOf(model.row.meta, key),
    cell: (model) => print(metaOf(model.row.meta, key)),
  }
}

/** Every model, one row each; sorted by a click on a column, filtered by a word in any of its texts. */
export function Overview() {
  const { q } = route.value
  const columns = columnsFor(models.value)
  const sort = q['sort'] ?? ''
  const descending = sort.startsWith('-')
  const by = columns.find((column) => column.key === sort.replace(/^-/, ''))
  const words = (q['find'] ?? '').toLowerCase()
  const texts = (model: Loaded): string =>
    [model.name, model.row.format, ...Object.values(model.row.meta)].join(' ').toLowerCase()
  const rows = models.value.filter((model) => texts(model).includes(words))
  if (by) rows.sort((m, n) => (descending ? -1 : 1) * compare(by.value(m), by.value(n)))
  else if (sort === 'name' || sort === '-name') rows.sort((m, n) => (descending ? -1 : 1) * compare(m.name, n.name))
  const body = useRef<HTMLTableSectionElement>(null)
  const { from, to } = useRowsWindow(body, rows.length, ROW)
  const chosen = (q['pick'] ?? '').split('\n').filter((name) => models.value.some((model) => model.name === name))
  const pick = (name: string): void => {
    const next = chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name].slice(-2)
    tweak({ pick: next.join('\n') })
  }
  return (
    <main class="wide stack">
      <div class="row apart">
        <div>
          <h1>Models</h1>
          <p class="muted small" role="status">
            {words ? `${rows.length} of ${plural(models.value.length, 'model')}` : plural(models.value.length, 'model')}
            {models.value.length > 1 && chosen.length === 0 && '; tick two to compare them'}
          </p>
        </div>
        <div class="row">
          {chosen.length > 0 && (
            <button
              type="button"
              class="button main"
              disabled={chosen.length < 2}
              onClick={() => go({ page: 'compare', a: chosen[0]!, b: chosen[1]! })}
            >
              {chosen.length < 2 ? 'Pick one more to compare' : 'Compare the two'}
            </button>
          )}
          <button type="button" class="button phone-only" onClick={chooseFiles}>
            <AddIcon /> Add
          </button>
          <input
            id="find"
            class="field"
            type="search"
            placeholder="Filter"
            aria-label="Filter models by any text"
            value={q['find'] ?? ''}
            onInput={(event) => tweak({ find: event.currentTarget.value })}
          />
        </div>
      </div>
      <Jobs />
      <TableFrame label="Table of models" tall={rows.length > 8}>
        <table class="overview" aria-rowcount={rows.length + 1}>
          <caption class="unseen">Models with their sparsity, variance entropy and orthogonality over all layers</caption>
          <thead>
            <tr aria-rowindex={1}>
              <th scope="col">
                <span class="unseen">compare</span>
              </th>
              <Header column={{ key: 'name', title: 'model' }} sort={sort} />
              {columns.map((column) => (
                <Header key={column.key} column={column} sort={sort} />
              ))}
              <th scope="col" class="phone-hide">
                <span class="unseen">remove</span>
              </th>
            </tr>
          </thead>
          <tbody ref={body}>
            {from > 0 && (
              <tr class="gap">
                <td colSpan={columns.length + 3} style={{ height: `${from * ROW}px` }} />
              </tr>
            )}
            {rows.slice(from, to).map((model, k) => (
              <tr key={model.name} class="can" aria-rowindex={from + k + 2}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Compare ${model.name}`}
                    checked={chosen.includes(model.name)}
                    onChange={() => pick(model.name)}
                  />
                </td>
                <th scope="row">
                  <a href={formatRoute({ page: 'model', a: model.name, q: {} })}>{model.name}</a>
                </th>
                {columns.map((column) => (
                  <td key={column.key} class={`${column.number ? 'number' : ''}${column.hideOnPhone ? ' phone-hide' : ''}`}>
                    {(column.cell ? column.cell(model) : plain(column.value(model))) as never}
                  </td>
                ))}
                <td class="phone-hide">
                  <button
                    type="button"
                    class="icon tiny"
                    aria-label={`Remove ${model.name} from the page`}
                    onClick={() => removeModel(model.name)}
                  >
                    <CloseIcon />
                  </button>
                </td>
              </tr>
            ))}
            {to < rows.length && (
              <tr class="gap">
                <td colSpan={columns.length + 3} style={{ height: `${(rows.length - to) * ROW}px` }} />
              </tr>
            )}
          </tbody>
        </table>
      </TableFrame>
      {rows.length === 0 && <p class="muted">No model matches.</p>}
    </main>
  )
}

function Header({ column, sort }: { column: Pick<Column, 'key' | 'title' | 'metric' | 'number' | 'hideOnPhone'>; sort: string }) {
  const order = sort === column.key ? 'ascending' : sort === `-${column.key}` ? 'descending' : 'none'
  const next = order === 'ascending' ? `-${column.key}` : order === 'descending' ? '' : column.key
  return (
    <th scope="col" aria-sort={order} class={`${column.number ? 'number' : ''}${column.hideOnPhone ? ' phone-hide' : ''}`}>
      <button type="button" onClick={() => tweak({ sort: next })}>
        {column.metric ? <MetricHeading metric={column.metric} name={column.title} /> : column.title}
      </button>
    </th>
  )
}

/** Missing values come last in rising order. */
function compare(a: string | number | boolean | null, b: string | number | boolean | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  return Number(a) - Number(b)
}

function plain(value: string | number | boolean | null): string {
  return value === null ? '' : typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)
}
