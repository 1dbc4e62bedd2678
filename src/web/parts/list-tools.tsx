import type { ComponentChildren } from 'preact'
import { route, tweak } from '../state/route.ts'
import { FindField } from './find-field.tsx'
import { FlagIcon } from './icons.tsx'

/** Above a table of layers: a field that finds, a switch that leaves only what is flagged, what else the table has, and how many are left. */
export function ListTools(props: { shown: number; all: number; flagged: number; children?: ComponentChildren }) {
  const { shown, all, flagged, children } = props
  const only = route.value.q['flagged'] === '1'
  return (
    <div class="row list-tools">
      <FindField param="lfind" placeholder="Find a layer" label="Find layers by name" class="field tight find" />
      {(flagged > 0 || only) && (
        <button type="button" class="button tight toggle" aria-pressed={only} onClick={() => tweak({ flagged: only ? '' : '1' })}>
          <FlagIcon /> Flagged only
        </button>
      )}
      {children}
      <span class="small muted" role="status">
        {shown === all ? '' : `${shown} of ${all}`}
      </span>
    </div>
  )
}
