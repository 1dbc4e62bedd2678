import { signal } from '@preact/signals'

/** What the page shows, and all of it that the address bar keeps. */
export interface Route {
  readonly page: 'models' | 'model' | 'compare' | 'groups' | 'figures' | 'series'
  /** The model shown, or the first of two. */
  readonly a?: string
  readonly b?: string
  /** layer_id of the open layer. */
  readonly layer?: number
  /** Smaller choices: sort, filter, metadata column, figure … */
  readonly q: Readonly<Record<string, string>>
}

const pages = ['models', 'model', 'compare', 'groups', 'figures', 'series'] as const

/** Reads `#/model/resnet/12?sort=norm`. Whatever it cannot read is left out. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const parts = path.split('/').map(decode)
  const page = pages.find((name) => name === parts[0]) ?? 'models'
  const q = Object.fromEntries(new URLSearchParams(query))
  const layerAt = page === 'compare' ? 3 : 2
  const layer = /^\d+$/.test(parts[layerAt] ?? '') ? Number(parts[layerAt]) : undefined
  return {
    page,
    ...((page === 'model' || page === 'compare') && parts[1] && { a: parts[1] }),
    ...(page === 'compare' && parts[2] && { b: parts[2] }),
    ...((page === 'model' || page === 'compare') && layer !== undefined && { layer }),
    q,
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The address of a route, beginning with `#/`. */
export function formatRoute(route: Route): string {
  const parts: (string | number)[] = [route.page]
  if (route.page === 'model' || route.page === 'compare') {
    parts.push(route.a ?? '')
    if (route.page === 'compare') parts.push(route.b ?? '')
    if (route.layer !== undefined) parts.push(route.layer)
  }
  const query = new URLSearchParams(Object.entries(route.q).filter(([, value]) => value !== '')).toString()
  return `#/${parts.map(encodeURIComponent).join('/')}${query ? `?${query}` : ''}`
}

/** The route that is shown. Change it with `go` or `tweak`. */
export const route = signal<Route>(parseRoute(globalThis.location?.hash ?? ''))

/** Goes to another view; the back button returns. Smaller choices are dropped unless given. */
export function go(next: Omit<Route, 'q'> & { q?: Record<string, string> }): void {
  const full: Route = { ...next, q: next.q ?? {} }
  if (formatRoute(full) === formatRoute(route.value)) return
  history.pushState(null, '', formatRoute(full))
  route.value = full
}

/** Changes smaller choices in place, without a step for the back button. */
export function tweak(q: Record<string, string>): void {
  const next: Route = { ...route.value, q: { ...route.value.q, ...q } }
  history.replaceState(null, '', formatRoute(next))
  route.value = next
}

/** Follows the back button and addresses typed by hand. */
export function followAddress(): void {
  addEventListener('popstate', () => {
    route.value = parseRoute(location.hash)
  })
  addEventListener('hashchange', () => {
    route.value = parseRoute(location.hash)
  })
}
