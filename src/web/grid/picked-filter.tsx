import { useMemo } from 'preact/hooks'
import { count, plural, weight } from '../../words.ts'
import { TILE } from '../tasks/protocol.ts'
import type { GridData } from './draw.ts'
import type { TileCache } from './tile-cache.ts'

/** The picked filter in words and numbers. */
export function PickedFilter(props: {
  data: GridData
  place: number
  inChannels: number
  tiles: TileCache | null
  arrived: number
  channelsInRow: number
}) {
  const { data, place, inChannels, tiles, arrived, channelsInRow } = props
  const text = useMemo(() => {
    if (place < 0) return null
    const index = data.order ? data.order[place]! : place
    const norm = data.norms[index]!
    const taps = data.kernelRows * data.kernelColumns
    const tile = tiles?.get(Math.floor(place / TILE))
    const at = (place % TILE) * taps
    const values = tile && Array.from(tile.subarray(at, at + taps), weight).join('  ')
    return {
      head: `Filter ${count(index)}: output ${Math.floor(index / inChannels)}, input ${index % inChannels}, largest weight ${weight(norm)}${norm <= data.limit ? ', sparse' : ''}`,
      values,
    }
  }, [place, data, inChannels, tiles, arrived])
  return (
    <p class="small muted picked" role="status">
      {text ? (
        <>
          {text.head}
          <br />
          {text.values}
        </>
      ) : (
        <>
          {channelsInRow > 0 && `Each row is ${plural(channelsInRow, 'output channel')} of ${plural(inChannels, 'filter')}. `}
          Point at a filter to see its weights; zoom with Ctrl and the wheel, or two fingers.
        </>
      )}
    </p>
  )
}
