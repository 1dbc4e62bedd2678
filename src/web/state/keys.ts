import { useEffect } from 'preact/hooks'
import { helpOpen } from '../parts/help.tsx'
import { modelNamed } from './models.ts'
import { go, route } from './route.ts'
import { toggleTheme } from './theme.ts'

/** Keys that work anywhere but in a field. The help dialog lists them. */
export function useKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement
      // The list of models is drawn only where it is seen: the browser's own search would miss most of it. Once more, and it comes.
      if ((event.ctrlKey || event.metaKey) && event.key === 'f') {
        const field = findField()
        if (!field || document.activeElement === field) return
        event.preventDefault()
        field.focus()
        return
      }
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, select, textarea, dialog, [role="menu"]'))
        return
      const act = actions[event.key]
      if (!act) return
      event.preventDefault()
      act()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}

const actions: Record<string, () => void> = {
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  '/': () => findField()?.focus(),
  g: () => document.querySelector<HTMLElement>('.grid-frame canvas')?.focus(),
  p: () => document.querySelector<HTMLElement>('[data-play]')?.click(),
  t: toggleTheme,
  '?': () => {
    helpOpen.value = true
  },
  Escape() {
    const { layer, ...rest } = route.value
    if (layer !== undefined) go(rest)
  },
}

/** The field that finds in what is shown: layers of a model before models. */
function findField(): HTMLElement | undefined {
  const fields = document.querySelectorAll<HTMLElement>('.list-tools .find, #find')
  return [...fields]
    .sort((x, y) => Number(x.id === 'find') - Number(y.id === 'find'))
    .find((field) => field.offsetParent !== null)
}

/** Goes to the checkpoint before or after the one that is shown. */
function stepCheckpoint(by: number): void {
  const slider = document.querySelector<HTMLInputElement>('.player input[type=range]')
  if (!slider) return
  slider.value = String(Number(slider.value) + by)
  slider.dispatchEvent(new Event('input', { bubbles: true }))
}

/** Opens the layer before or after the open one; the first when none is open. */
function step(by: number): void {
  const { page, a, b, layer, q } = route.value
  if (page === 'series') stepCheckpoint(by)
  const model = modelNamed(a)
  if (!model || (page !== 'model' && page !== 'compare')) return
  const at = model.layers.findIndex((row) => row.layer_id === layer)
  const next = model.layers[layer === undefined ? 0 : at + by]
  if (next) go({ page, a: model.name, ...(b !== undefined && { b }), layer: next.layer_id, q })
}
