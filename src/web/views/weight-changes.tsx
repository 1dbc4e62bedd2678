import { useEffect, useMemo, useState } from 'preact/hooks'
import { byChange, type ChangedLayer } from '../../analysis/by-change.ts'
import type { ModelComparison } from '../../analysis/report-types.ts'
import { count, fixed, percent, plural } from '../../words.ts'
import { CutName } from '../parts/layer-name.tsx'
import { TableFrame } from '../parts/table-frame.tsx'
import { calledIn } from '../state/layer-names.ts'
import type { Loaded } from '../state/models.ts'
import { formatRoute, route } from '../state/route.ts'
import { canBeCompared, readModels } from '../state/series.ts'
import { viewing } from '../state/work.ts'

/** Filters of both models up to which their weights are compared without being asked. */
const AT_ONCE = 2_000_000

type State = 'asked' | 'reading' | { readonly message: string } | { readonly comparison: ModelComparison }

/** What changed between the weights of two models, the layers that changed most first. Loaded when two models are compared. */
export function WeightChanges({ first, second }: { first: Loaded; second: Loaded }) {
  const isSmall = first.row.filters + second.row.filters <= AT_ONCE
  const [state, setState] = useState<State>(isSmall ? 'reading' : 'asked')
  const given = useMemo(() => readModels([first, second]), [first, second])
  const can = canBeCompared(first, second)
  useEffect(() => setState(isSmall ? 'reading' : 'asked'), [first, second, isSmall])
  useEffect(() => {
    if (state !== 'reading' || !can) return
    const abort = new AbortController()
    viewing('changes', { models: given, parameters: first.parameters }, { signal: abort.signal }).then(
      (comparison) => setState({ comparison }),
      (error) => {
        if (error.name !== 'AbortError') setState({ message: error.message })
      },
    )
    return () => abort.abort()
  }, [state === 'reading', given, can])
  if (!can) return null
  return (
    <section class="stack" style={{ gap: '8px' }} aria-label="Change of the weights">
      <h3>What changed in the weights</h3>
      {state === 'asked' ? (
        <p>
          <button type="button" class="button" onClick={() => setState('reading')}>
            Read the weights of both
          </button>
        </p>
      ) : state === 'reading' ? (
        <p class="muted small" role="status">
          Reading both models …
        </p>
      ) : 'message' in state ? (
        <p class="note small">{state.message}</p>
      ) : (
        <ChangedLayers {...{ first, second }} comparison={state.comparison} />
      )}
    </section>
  )
}

function ChangedLayers({ first, second, comparison }: { first: Loaded; second: Loaded; comparison: ModelComparison }) {
  const { changed, same } = byChange(comparison.layers)
  const called = calledIn(first.layers)
  const { layer, q } = route.value
  if (changed.length === 0)
    return (
      <p class="small">
        {same.length === 0
          ? 'No layers of one shape belong together.'
          : `The weights of ${plural(same.length, 'layer')} are the same: no change.`}
      </p>
    )
  return (
    <>
      <TableFrame label="Table of the change of the weights">
        <table class="compact">
          <caption class="unseen">
            Change of the weights from {first.name} to {second.name}, the layers that changed most first
          </caption>
          <thead>
            <tr>
              <th scope="col">
                <span>layer</span>
              </th>
              {heads.map(({ head, title, hide = '' }) => (
                <th key={head} scope="col" class={`number ${hide}`} title={title}>
                  <span>{head}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {changed.map((one) => {
              const row = first.layers.find((own) => own.layer === one.layer.layer_a)!
              return (
                <tr key={row.layer_id} class={`can${row.layer_id === layer ? ' open' : ''}`}>
                  <th scope="row" class="layer-name">
                    <a
                      title={one.layer.layer_a}
                      href={formatRoute({ page: 'compare', a: first.name, b: second.name, layer: row.layer_id, q })}
                    >
                      <CutName text={called(row)} />
                    </a>
                  </th>
                  {heads.map(({ head, cell, hide = '' }) => (
                    <td key={head} class={`number ${hide}`}>
                      {cell(one)}
                    </td>
                  ))}
                </tr>
              )
            })}
          </tbody>
        </table>
      </TableFrame>
      <p class="muted small">
        Change: length of the difference over that of the first. D: distribution shift in the basis of both; chance: its 95 %
        level when the filters of both are dealt out at random.
        {same.length > 0 ? ` ${plural(same.length, 'layer')} did not change.` : ''}
      </p>
    </>
  )
}

interface ChangeColumn {
  readonly head: string
  readonly title: string
  /** Where there is no room for it. */
  readonly hide?: string
  readonly cell: (one: ChangedLayer) => string
}

const heads: readonly ChangeColumn[] = [
  { head: 'change', title: '‖b − a‖ / ‖a‖', cell: ({ change }) => percent(change.relative_change) },
  {
    head: 'cosine',
    title: 'of the two weights as vectors',
    hide: 'phone-hide tight-hide',
    cell: ({ change }) => fixed(change.cosine, 4),
  },
  {
    head: 'signs',
    title: 'weights whose sign differs',
    hide: 'phone-hide narrow-hide',
    cell: ({ change }) => percent(change.sign_flips),
  },
  {
    head: 'zeros',
    title: 'weights that are exactly 0, in the first and in the second',
    hide: 'phone-hide narrow-hide',
    cell: ({ change }) => `${count(change.zeros_a)} → ${count(change.zeros_b)}`,
  },
  { head: 'D', title: 'distribution shift in the basis of both', cell: ({ change }) => fixed(change.shift) },
  {
    head: 'chance',
    title: '95 % level of D when the filters of both are dealt out at random',
    cell: ({ change }) => fixed(change.shift_chance?.high),
  },
]
