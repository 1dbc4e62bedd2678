import type { Input, LazyInput } from '../io/random-access.ts'
import { sparseLimit } from '../measure/layer-pass.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import type { LayerSource, MeasuredLayer, RowsByModel } from '../measure/layer-source.ts'
import { type AgainOptions, layersAgain, type MeasuredRun, type WantedLayers } from '../measure/layers-again.ts'
import type { ModelRow } from '../measure/model-row.ts'
import type { Parameters } from '../measure/parameters.ts'
import { openInstance } from '../wasm/module.ts'
import { isSparseFilter, largestWeight } from '../weights/sparse-filter.ts'
import { readFirstFilters } from './read-values.ts'

/** Filters kept of each layer. */
const PER_LAYER = 32
/** Filters kept of a first layer of three input channels: 64 of its output channels. */
const PER_RGB_LAYER = 192
const TAPS = 9
/** Models of which any are kept: pictures show a few. */
export const MOST_MODELS = 64

/** The first filters of a layer, 9 (or as many as taps) values each. */
export interface FirstFilters {
  readonly model: string
  readonly layer_id: number
  readonly filters: Float32Array
  /** Which of them are sparse, by their place among these; not known of results before they were kept. */
  readonly sparse?: readonly number[]
}

/** True for a layer whose filters can be shown as colours. */
export function isRgbLayer({
  conv_depth,
  in_channels,
  kernel,
}: Pick<LayerRow, 'conv_depth' | 'in_channels' | 'kernel'>): boolean {
  return conv_depth === 0 && in_channels === 3 && kernel === '3x3'
}

/** The first filters of layers, by model. */
export interface FirstFiltersSource extends Pick<RowsByModel<FirstFilters>, 'of'> {
  /** The models that have any. */
  models(): Promise<ReadonlySet<string>>
}

/** A run of whose layers the first filters are read. */
export interface FirstFiltersRun extends Omit<MeasuredRun, 'layers'> {
  readonly models: readonly Pick<ModelRow, 'model' | 'layers'>[]
  readonly layers: Pick<LayerSource, 'metricsOf'>
}

/** Numbers of the filters that are sparse. */
function sparseAmong(filters: Float32Array, { peak }: Pick<LayerRow, 'peak'>, { threshold, profile }: Parameters): number[] {
  const limit = sparseLimit(peak, threshold, profile)
  const sparse: number[] = []
  for (let k = 0; k < filters.length / TAPS; k++)
    if (isSparseFilter(largestWeight(filters, k * TAPS, TAPS), limit)) sparse.push(k)
  return sparse
}

/** Reads the first filters of the layers of the run's first 64 models once more, layer by layer. */
export async function* firstFiltersOf(
  inputs: Iterable<Input | LazyInput>,
  run: FirstFiltersRun,
  options: AgainOptions = {},
): AsyncGenerator<FirstFilters> {
  const models = run.models.flatMap(({ model, layers }) => (layers > 0 ? [model] : [])).slice(0, MOST_MODELS)
  const wanted: WantedLayers<MeasuredLayer> = {
    models,
    async *of(model) {
      for await (const rows of run.layers.metricsOf(model)) yield rows.filter(({ kernel }) => kernel === '3x3')
    },
  }
  const wasm = await openInstance()
  for await (const { row, layer } of layersAgain({ inputs: [...inputs], analysis: run, wanted, options })) {
    const most = isRgbLayer(row) ? PER_RGB_LAYER : PER_LAYER
    const count = Math.min(row.filters, most)
    const filters = await readFirstFilters(wasm, layer.convolution, count)
    yield { model: row.model, layer_id: row.layer_id, filters, sparse: sparseAmong(filters, row, run.parameters) }
  }
}
