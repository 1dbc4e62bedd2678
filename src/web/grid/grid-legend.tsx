import { useId } from 'preact/hooks'
import { count, weight } from '../../words.ts'
import { theme } from '../state/theme.ts'
import { normStops, weightStops } from './colours.ts'
import type { GridData } from './draw.ts'

/** What the grid's colours mean now: single weights, or one colour for a whole filter where it is seen as a pixel. */
export function GridLegend({ data, taps, sparse }: { data: GridData; taps: boolean; sparse: number }) {
  const ends: readonly [string, string] = !taps
    ? ['0', weight(data.peak)]
    : data.scale === 'layer'
      ? [weight(-data.peak), weight(data.peak)]
      : ['−max', 'max of each filter']
  return (
    <p class="small muted row legend">
      <span class="row">
        {ends[0]}
        <Scale stops={taps ? weightStops(theme()) : normStops(theme())} />
        {ends[1]}
      </span>
      {!taps && <span>largest weight of each filter</span>}
      {sparse > 0 && (
        <span class="row">
          <span class="hatch" /> {count(sparse)} sparse
        </span>
      )}
    </p>
  )
}

/** A scale of colours as a drawing, so that a picture of the grid has it too. */
function Scale({ stops }: { stops: readonly string[] }) {
  const id = useId()
  return (
    <svg class="scale" width="88" height="8" viewBox="0 0 88 8" aria-hidden="true">
      <linearGradient id={id}>
        {stops.map((colour, k) => (
          <stop key={colour} offset={k / (stops.length - 1)} stop-color={colour} />
        ))}
      </linearGradient>
      <rect width="88" height="8" rx="4" fill={`url(#${id})`} />
    </svg>
  )
}
