import { useEffect, useState } from 'preact/hooks'
import { sidesOf } from '../../measure/kernel-size.ts'
import type { LayerRow } from '../../measure/layer-row.ts'
import { count, weight } from '../../words.ts'
import { ColourTiles } from '../parts/colour-tiles.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { showToast } from '../state/toast.ts'
import { viewing } from '../state/work.ts'
import type { LayerInFiles } from '../tasks/protocol.ts'

const MOST = 64

/** True for a layer that looks at three channels at once: at an image's colours, as a network's first one does. */
export function seesColours(row: LayerRow): boolean {
  return row.in_channels === 3 && row.groups === 1
}

/** The filters of such a layer as small pictures in colour. */
export function FirstLayerColours({ row, place, name }: { row: LayerRow; place: LayerInFiles; name: string }) {
  const [weights, setWeights] = useState<Float32Array | null>(null)
  const shown = Math.min(MOST, row.out_channels)
  useEffect(() => {
    const abort = new AbortController()
    viewing('weights', { place, filters: { from: 0, count: 3 * shown } }, { signal: abort.signal }).then(setWeights, (error) => {
      if (error.name !== 'AbortError') showToast(error.message)
    })
    return () => abort.abort()
  }, [place, shown])
  const [rows, columns] = sidesOf(row.kernel)
  if (!weights) return null
  return (
    <Drawing
      title="In colour"
      name={name}
      about={
        <>
          {shown < row.out_channels ? `The first ${shown} of ${count(row.out_channels)} output channels` : 'Each output channel'}{' '}
          with its three filters as red, green and blue: grey is zero, full and no colour ±{weight(row.peak)}.
        </>
      }
    >
      <ColourTiles {...{ weights, rows, columns }} peak={row.peak} />
    </Drawing>
  )
}
