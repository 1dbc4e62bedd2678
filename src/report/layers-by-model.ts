import type { LayerRow } from '../measure/layer-row.ts'
import type { Analysis } from '../measure/model-row.ts'

/** The layers of each model, in the order of the table. */
export function layersByModel({ layers }: Pick<Analysis, 'layers'>): Map<string, LayerRow[]> {
  const own = new Map<string, LayerRow[]>()
  for (const layer of layers) {
    const list = own.get(layer.model)
    if (list) list.push(layer)
    else own.set(layer.model, [layer])
  }
  return own
}
