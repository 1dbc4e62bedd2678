import { effect } from '@preact/signals'
import { calledIn } from './layer-names.ts'
import { modelNamed } from './models.ts'
import { type Route, route } from './route.ts'

/** What the window and the browser's history call a view. */
function titleOf({ page, a, b, layer }: Route): string {
  const layers = modelNamed(a)?.layers ?? []
  const row = layer === undefined ? undefined : layers.find((one) => one.layer_id === layer)
  const models = [a, page === 'compare' ? b : undefined].filter((name) => name !== undefined).join(' beside ')
  const view = page === 'groups' ? 'Groups' : page === 'figures' ? 'Figures' : page === 'series' ? 'Series' : models
  return [row && calledIn(layers)(row), view, 'filterlens'].filter((part) => part).join(' · ')
}

/** Keeps the window's title that of the view. */
export function followTitle(): void {
  effect(() => {
    document.title = titleOf(route.value)
  })
}
