import type { LayerRow } from '../../measure/layer-row.ts'
import { compareLayerRows, type Difference } from '../../results/compare-rows.ts'

/** A model's layers, measured here and held against the results that it came from. */
export interface MeasuredAgain {
  readonly layers: number
  /** Cells that are not the same in every bit. */
  readonly differences: readonly Difference[]
}

/** Holds layers that were measured now against those of results of the same file. */
export function measuredAgain(
  { layers: stored }: { readonly layers: readonly LayerRow[] },
  layers: readonly LayerRow[],
): MeasuredAgain {
  const differences = stored.flatMap((row, k) => {
    const now = layers[k]
    return now ? compareLayerRows(row, now) : []
  })
  if (stored.length !== layers.length)
    differences.push({
      table: 'layers',
      row: stored[0]?.model ?? '',
      column: 'number of layers',
      stored: String(stored.length),
      recomputed: String(layers.length),
    })
  return { layers: layers.length, differences }
}
