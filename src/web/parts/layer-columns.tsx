import { shapeMetrics } from '../../measure/metrics/registry.ts'
import { route, tweak } from '../state/route.ts'
import { type FurtherMetric, furtherMetrics } from './metrics.ts'

const structure: readonly string[] = [
  'zero_weights',
  'dead_outputs',
  'dead_inputs',
  'nearest_cosine',
  'duplicate_outputs',
  'overlap_over_chance',
]

/** What a table of layers can show beside the three metrics, by the address's word for it. */
const choices: readonly { readonly key: string; readonly title: string; readonly names: readonly string[] }[] = [
  { key: '', title: 'Three metrics', names: [] },
  { key: 'shape', title: 'With shape', names: shapeMetrics },
  { key: 'structure', title: 'With structure', names: structure },
  { key: 'all', title: 'With shape and structure', names: [...shapeMetrics, ...structure] },
]

/** The further columns that the address asks for; none for a word that it does not know. */
export function columnsAsked(word: string | undefined): readonly FurtherMetric[] {
  const names = choices.find(({ key }) => key === word)?.names ?? []
  return furtherMetrics.filter(({ key }) => names.includes(key))
}

/** Chooses what a table of layers shows; the address keeps it. */
export function LayerColumns() {
  const now = route.value.q['cols']
  return (
    <select
      class="select tight"
      aria-label="Columns of the table of layers"
      value={choices.some(({ key }) => key === now) ? now : ''}
      onChange={(event) => tweak({ cols: event.currentTarget.value })}
    >
      {choices.map(({ key, title }) => (
        <option key={key} value={key}>
          {title}
        </option>
      ))}
    </select>
  )
}
