import { shiftState } from '../state/groups.ts'

/** The second pass over the filters, while it runs. */
export function ShiftState() {
  const state = shiftState.value
  if (!state) return null
  if ('problem' in state) return <p class="note">{state.problem}</p>
  return (
    <div role="status">
      <p class="small muted">Reading the filters once more, for the distribution shift …</p>
      <div
        class="progress"
        role="progressbar"
        aria-label="Reading the filters once more"
        aria-valuenow={Math.round(100 * state.share)}
      >
        <i style={{ transform: `scaleX(${state.share})` }} />
      </div>
    </div>
  )
}
