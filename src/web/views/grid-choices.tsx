import { Choice } from '../parts/choice.tsx'
import { route, tweak } from '../state/route.ts'
import type { FilterPart, FilterWish } from '../state/shown-filters.ts'
import type { FilterOrder } from '../tasks/protocol.ts'

const parts: readonly { key: FilterPart; title: string }[] = [
  { key: 'all', title: 'All' },
  { key: 'channel', title: 'Channel' },
  { key: 'extremes', title: 'Extremes' },
  { key: 'sparse', title: 'Sparse' },
]

const orders: readonly { key: FilterOrder; title: string; words: string }[] = [
  { key: 'position', title: 'Position', words: 'in the order of the file' },
  { key: 'norm', title: 'Norm', words: 'by largest weight, falling' },
  { key: 'typicality', title: 'Typicality', words: 'from typical to unusual (distance from the mean filter), sparse ones last' },
]

const scales = [
  { key: 'layer', title: 'Layer', words: 'One colour scale for the layer, up to its largest weight: sizes are compared.' },
  { key: 'filter', title: 'Each', words: 'Each filter up to its own largest weight: shapes are seen, sizes are not.' },
] as const

/** What colours are relative to. */
export type GridScale = (typeof scales)[number]['key']

/** What the address asks for. */
export function wantedFilters(): FilterWish {
  const { q } = route.value
  return {
    part: parts.find(({ key }) => key === q['part'])?.key,
    order: orders.find(({ key }) => key === q['order'])?.key ?? 'position',
    channel: /^\d{1,9}$/.test(q['channel'] ?? '') ? Number(q['channel']) : 0,
  }
}

/** Beside the largest weights of a layer, its unusual filters and the sparse ones are white. */
const ownScale = (part: FilterPart): GridScale => (part === 'extremes' || part === 'sparse' ? 'filter' : 'layer')

/** What the address asks for, or else suits the filters that are shown. */
export function wantedScale(part: FilterPart): GridScale {
  const { scale } = route.value.q
  return scales.find(({ key }) => key === scale)?.key ?? ownScale(part)
}

/** What the order and the colours mean, in words. */
export function choiceWords(order: FilterOrder, scale: GridScale): { readonly order: string; readonly scale: string } {
  return {
    order: orders.find(({ key }) => key === order)!.words,
    scale: scales.find(({ key }) => key === scale)!.words,
  }
}

/** Which filters a grid shows, in which order, and what their colours are relative to; the address keeps all of it. */
export function GridChoices({
  part,
  channels,
  sortable,
  missing,
}: {
  /** What is shown now. */
  part: FilterPart
  /** Output channels. */
  channels: number
  sortable: boolean
  missing: readonly FilterPart[]
}) {
  const { order, channel } = wantedFilters()
  return (
    <div class="row grid-choices">
      <Choice
        label="Filters shown"
        value={part}
        options={parts.map((one) => ({ ...one, disabled: missing.includes(one.key) }))}
        onChoose={(key) => tweak({ part: key })}
      />
      {part === 'channel' && (
        <input
          class="field tight channel"
          type="number"
          min={0}
          max={channels - 1}
          value={Math.min(channel, channels - 1)}
          aria-label={`Output channel, 0 to ${channels - 1}`}
          onInput={(event) => tweak({ channel: event.currentTarget.value })}
        />
      )}
      <Choice
        label="Order of the filters"
        value={sortable ? order : 'position'}
        options={orders.map(({ key, title, words }) => ({ key, title, words, disabled: key !== 'position' && !sortable }))}
        onChoose={(key) => tweak({ order: key === 'position' ? '' : key })}
      />
      <Choice
        label="Colours relative to"
        value={wantedScale(part)}
        options={scales}
        onChoose={(key) => tweak({ scale: key === ownScale(part) ? '' : key })}
      />
    </div>
  )
}
