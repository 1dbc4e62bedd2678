import type { Route } from '../state/route.ts'

/** The page's views as the header lists them. */
export const tabs: readonly { readonly page: Route['page']; readonly title: string }[] = [
  { page: 'models', title: 'Models' },
  { page: 'groups', title: 'Groups' },
  { page: 'figures', title: 'Figures' },
  { page: 'series', title: 'Series' },
]
