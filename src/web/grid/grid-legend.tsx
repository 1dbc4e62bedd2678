import { count } from '../../words.ts'
import { weight } from '../parts/numbers.ts'
import { theme } from '../state/theme.ts'
import { normGradient, scaleGradient } from './colours.ts'
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
        <span class="scale" style={{ background: taps ? scaleGradient(theme()) : normGradient(theme()) }} />
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
