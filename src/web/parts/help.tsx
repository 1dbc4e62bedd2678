import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

export const helpOpen = signal(false)

const keys: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['←', '→'], 'previous and next layer'],
  [['/'], 'filter the models'],
  [['g'], 'go to the filter grid'],
  [['+', '−', '0'], 'in the grid: zoom in, zoom out, show all'],
  [['←', '↑', '→', '↓'], 'in the grid: pick a filter; with Shift: move'],
  [['t'], 'light or dark'],
  [['Esc'], 'close the layer'],
  [['?'], 'show this'],
]

/** Keys and what the three numbers mean. */
export function HelpDialog() {
  const dialog = useRef<HTMLDialogElement>(null)
  const open = helpOpen.value
  useEffect(() => {
    if (open && !dialog.current!.open) dialog.current!.showModal()
    if (!open && dialog.current!.open) dialog.current!.close()
  }, [open])
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="help-title" onClose={() => (helpOpen.value = false)}>
      <h2 id="help-title">Keys</h2>
      <dl>
        {keys.map(([names, what]) => (
          <>
            <dt>
              {names.map((name) => (
                <>
                  <kbd>{name}</kbd>{' '}
                </>
              ))}
            </dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
      <p class="small muted" style={{ marginBottom: '20px' }}>
        A triangle marks a layer to look at: many filters close to zero, few distinct patterns, or output channels that are near
        copies.
      </p>
      <form method="dialog">
        <button type="submit" class="button main">
          Close
        </button>
      </form>
    </dialog>
  )
}
