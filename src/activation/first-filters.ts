import type { Input, LazyInput } from '../io/random-access.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { layersAgain, type MeasuredRun, wantedOf } from '../measure/layers-again.ts'
import { openInstance } from '../wasm/module.ts'
import { readFirstFilters } from './read-values.ts'

/** Filters kept of each layer. */
const PER_LAYER = 32
/** Filters kept of a first layer of three input channels: 64 of its output channels. */
const PER_RGB_LAYER = 192
/** Models of which any are kept: pictures show a few. */
export const MOST_MODELS = 64

/** The first filters of a layer, 9 (or as many as taps) values each. */
export interface FirstFilters {
  readonly model: string
  readonly layer_id: number
  readonly filters: Float32Array
}

/** True for a layer whose filters can be shown as colours. */
export function isRgbLayer({
  conv_depth,
  in_channels,
  kernel,
}: Pick<LayerRow, 'conv_depth' | 'in_channels' | 'kernel'>): boolean {
  return conv_depth === 0 && in_channels === 3 && kernel === '3x3'
}

/** Reads the first filters of the layers of the run's first 64 models once more. */
export async function readFirstFiltersOf(
  inputs: Iterable<Input | LazyInput>,
  analysis: MeasuredRun,
  options: { readonly names?: ReadonlyMap<string, string>; readonly signal?: AbortSignal } = {},
): Promise<FirstFilters[]> {
  const models = new Set([...new Set(analysis.layers.map(({ model }) => model))].slice(0, MOST_MODELS))
  const wanted = analysis.layers.filter(({ model, kernel }) => models.has(model) && kernel === '3x3')
  const wasm = await openInstance()
  const found: FirstFilters[] = []
  for await (const { row, layer } of layersAgain({ inputs: [...inputs], analysis, wanted: wantedOf(wanted), options })) {
    const most = isRgbLayer(row) ? PER_RGB_LAYER : PER_LAYER
    const count = Math.min(row.filters, most)
    found.push({ model: row.model, layer_id: row.layer_id, filters: await readFirstFilters(wasm, layer.convolution, count) })
  }
  return found
}
