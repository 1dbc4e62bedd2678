import { bothNames, byChange, type ChangedLayer } from '../analysis/by-change.ts'
import type { ModelComparison } from '../analysis/report-types.ts'
import { count, fixed, percent, plural } from '../words.ts'
import { type Html, html } from './html.ts'
import { htmlTable } from './table.ts'

const MOST_ROWS = 40

/** What changed in the weights of two models, the layers that changed most first. */
export function changeTable({ layers }: Pick<ModelComparison, 'layers'>): Html | '' {
  const { changed, same } = byChange(layers)
  if (changed.length === 0)
    return same.length === 0 ? '' : html`<p>The weights of ${plural(same.length, 'layer')} are the same: no change.</p>`
  const number = true
  const table = htmlTable(
    'What changed in the weights, the layers that changed most first',
    [
      {
        head: 'layer',
        cell: ({ layer }: ChangedLayer) => bothNames(layer),
      },
      { head: 'change', title: '‖b − a‖ / ‖a‖', number, cell: ({ change }) => percent(change.relative_change) },
      { head: 'cosine', number, cell: ({ change }) => fixed(change.cosine, 4) },
      {
        head: 'least channel',
        title: 'least cosine of an output channel, and which one',
        number,
        cell: ({ change }) => (change.least_cosine === null ? '–' : `${fixed(change.least_cosine)} (${change.least_channel})`),
      },
      { head: 'signs', title: 'weights whose sign differs', number, cell: ({ change }) => percent(change.sign_flips) },
      { head: 'zeros', number, cell: ({ change }) => `${count(change.zeros_a)} → ${count(change.zeros_b)}` },
      { head: 'D', title: 'distribution shift in the basis of both', number, cell: ({ change }) => fixed(change.shift, 4) },
      {
        head: 'chance',
        title: '95 % level of D when the filters of both are dealt out at random',
        number,
        cell: ({ change }) => fixed(change.shift_chance?.high, 4),
      },
    ],
    changed.slice(0, MOST_ROWS),
    'dense',
  )
  const rest = changed.length - MOST_ROWS
  const notes = [
    ...(rest > 0 ? [`${plural(rest, 'more layer')} changed less.`] : []),
    ...(same.length > 0 ? [`${plural(same.length, 'layer')} did not change.`] : []),
  ]
  return html`${table}${notes.length > 0 ? html`<p class="small">${notes.join(' ')}</p>` : ''}`
}
