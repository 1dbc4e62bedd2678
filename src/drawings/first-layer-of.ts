import { isRgbLayer } from '../activation/first-filters.ts'
import { readFirstFilters } from '../activation/read-values.ts'
import { type MeasuredModel, OpenLayers } from '../analysis/changes.ts'
import { spokenName } from '../database/spoken-name.ts'
import type { FirstLayer } from '../figures/first-layer-rgb.ts'
import type { LayerMetrics } from '../measure/layer-row.ts'
import type { Parameters } from '../measure/parameters.ts'
import { openInstance } from '../wasm/module.ts'

type ReadableModel = Pick<MeasuredModel, 'model' | 'inputs'> & {
  readonly layers: readonly Omit<LayerMetrics, 'model'>[]
}

/** The first layer of a model as a picture takes it; undefined where it does not look at colours. @throws InputError when it cannot be read */
export async function firstLayerOf(
  { model, layers, inputs }: ReadableModel,
  parameters: Parameters,
): Promise<FirstLayer | undefined> {
  const row = layers.find(isRgbLayer)
  if (!row) return undefined
  const open = await OpenLayers.open(inputs, parameters, undefined, model)
  try {
    const layer = open.of(row)
    if (!layer) return undefined
    const weights = await readFirstFilters(await openInstance(), layer.convolution, row.filters)
    return { model, layer: spokenName(row), outChannels: row.out_channels, weights }
  } finally {
    await open.close()
  }
}
