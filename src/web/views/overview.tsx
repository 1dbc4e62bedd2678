import { useMemo, useRef } from 'preact/hooks'
import { plural } from '../../words.ts'
import { chooseFiles } from '../drop/drop-target.tsx'
import { FindField } from '../parts/find-field.tsx'
import { AddIcon, CloseIcon } from '../parts/icons.tsx'
import { MetricHeading } from '../parts/metric-heading.tsx'
import { ModelName } from '../parts/model-name.tsx'
import { useRowsWindow } from '../parts/rows-window.ts'
import { SortHead } from '../parts/sort-head.tsx'
import { TableFrame } from '../parts/table-frame.tsx'
import { putAway } from '../state/kept.ts'
import { type Loaded, modelNamed, models } from '../state/models.ts'
import { formatRoute, route, tweak } from '../state/route.ts'
import { sorted, sortOrder } from '../state/sorting.ts'
import { namesOf } from '../state/ticked.ts'
import { HeldResultsNotes } from './held-results.tsx'
import { Jobs } from './model-list.tsx'
import { columnsFor, plain } from './overview-columns.tsx'
import { Ticked } from './ticked.tsx'

const ROW = 44

/** All that a word may be found in. */
const textsOf = ({ name, row }: Loaded): string => [name, row.format, ...Object.values(row.meta)].join(' ').toLowerCase()

/** Every model, one row each; sorted by a click on a column, filtered by a word in any of its texts. */
export function Overview() {
  const { q } = route.value
  const all = models.value
  const columns = useMemo(() => columnsFor(all), [all])
  const texts = useMemo(() => all.map(textsOf), [all])
  const { key, falling } = sortOrder(q['sort'])
  const by = key === 'name' ? { value: (model: Loaded) => model.name } : columns.find((column) => column.key === key)
  const words = (q['find'] ?? '').toLowerCase()
  const order = q['sort']
  const rows = useMemo(() => {
    const found = words === '' ? all : all.filter((_, k) => texts[k]!.includes(words))
    return by ? sorted(found, falling, by.value) : found
  }, [all, words, order])
  const body = useRef<HTMLTableSectionElement>(null)
  const { from, to } = useRowsWindow(body, rows.length, ROW)
  const chosen = namesOf(q['pick']).filter((name) => modelNamed(name) !== undefined)
  const isChosen = new Set(chosen)
  const pick = (names: readonly string[]): void => tweak({ pick: names.join('\n') })
  const toggle = (name: string): void => pick(isChosen.has(name) ? chosen.filter((other) => other !== name) : [...chosen, name])
  return (
    <main class="wide stack">
      <div class="row apart">
        <div>
          <h1>Models</h1>
          <p class="muted small" role="status">
            {words ? `${rows.length} of ${plural(models.value.length, 'model')}` : plural(models.value.length, 'model')}
            {models.value.length > 1 && chosen.length === 0 && '; tick two to compare them, or more to make groups'}
          </p>
        </div>
        <div class="row">
          <button type="button" class="button phone-only" onClick={chooseFiles}>
            <AddIcon /> Add
          </button>
          <FindField param="find" id="find" placeholder="Filter" label="Filter models by any text" />
        </div>
      </div>
      <Ticked chosen={chosen} />
      <Jobs />
      <HeldResultsNotes models={models.value} />
      <TableFrame label="Table of models" tall={rows.length > 8}>
        <table class="overview" aria-rowcount={rows.length + 1}>
          <caption class="unseen">Models with their sparsity, variance entropy and orthogonality over all layers</caption>
          <thead>
            <tr aria-rowindex={1}>
              <th scope="col" class="tick">
                <input
                  type="checkbox"
                  aria-label="Tick all that are shown"
                  checked={rows.length > 0 && rows.every(({ name }) => isChosen.has(name))}
                  onChange={(event) => pick(event.currentTarget.checked ? rows.map(({ name }) => name) : [])}
                />
              </th>
              <SortHead param="sort" column="name">
                model
              </SortHead>
              {columns.map(({ key, title, metric, number, hideOnPhone }) => (
                <SortHead
                  key={key}
                  param="sort"
                  column={key}
                  class={`${number ? 'number' : ''}${hideOnPhone ? ' phone-hide' : ''}`}
                  largestFirst={key === 'flags'}
                >
                  {metric ? <MetricHeading metric={metric} name={title} /> : title}
                </SortHead>
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
                    aria-label={`Tick ${model.name}`}
                    checked={isChosen.has(model.name)}
                    onChange={() => toggle(model.name)}
                  />
                </td>
                <th scope="row">
                  <a href={formatRoute({ page: 'model', a: model.name, q: {} })}>
                    <ModelName name={model.name} />
                  </a>
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
                    onClick={() => putAway(model.name)}
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
