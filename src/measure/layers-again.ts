import { InputError } from '../errors.ts'
import type { Input, LazyInput } from '../io/random-access.ts'
import { openSource } from '../sources/open.ts'
import type { Source } from '../sources/source.ts'
import { openInput } from './inputs.ts'
import type { LayerRow } from './layer-row.ts'
import { inputNames, ModelNames } from './model-names.ts'
import type { Analysis } from './model-row.ts'
import { parseKernel, type SelectedLayer, selectLayers } from './select.ts'

/** Of a layer's row, what finds it again and tells whether it is the same. */
export type LayerPlace = Pick<LayerRow, 'model' | 'layer' | 'layer_id' | 'kernel' | 'conv_depth' | 'in_channels' | 'filters'>

/** Of a run's results: the layer table, its parameters, and the inputs that failed in it, which may fail again. */
export interface MeasuredRun<Row extends LayerPlace = LayerPlace>
  extends Pick<Analysis, 'parameters'>,
    Partial<Pick<Analysis, 'failed'>> {
  readonly layers: readonly Row[]
}

/** Which layers of which run are wanted. */
export interface Again<Row extends LayerPlace> {
  /** Those of the run, in the same order; each must be readable again. */
  readonly inputs: readonly (Input | LazyInput)[]
  readonly analysis: MeasuredRun
  readonly wanted: readonly Row[]
  readonly options: { readonly names?: ReadonlyMap<string, string>; readonly signal?: AbortSignal }
}

const keyOf = ({ model, layer_id }: { model: string; layer_id: number }): string => `${layer_id}/${model}`

/** Opens the inputs one after the other, names their models as `measure` does, and gives every layer that is wanted. */
export async function* layersAgain<Row extends LayerPlace>({
  inputs,
  analysis,
  wanted,
  options,
}: Again<Row>): AsyncGenerator<{ row: Row; layer: SelectedLayer }> {
  const names = new ModelNames(options.names ?? inputNames(inputs.map(({ path }) => path)))
  const choice = parseKernel(analysis.parameters.kernel)
  const rows = new Map(wanted.map((row) => [keyOf(row), row]))
  const missing = new Set(rows.keys())
  for (const item of inputs) {
    if (missing.size === 0) break
    options.signal?.throwIfAborted()
    let input: Input
    let source: Source
    try {
      input = await openInput(item)
      source = await openSource(input)
    } catch (error) {
      if (error instanceof InputError && analysis.failed?.some(({ file }) => file === item.path)) continue
      throw error
    }
    try {
      for (const model of source.models) {
        const name = names.take(input.path, model.name)
        for (const layer of selectLayers(model, choice).layers) {
          options.signal?.throwIfAborted()
          const key = keyOf({ model: name, layer_id: layer.layer_id })
          const row = rows.get(key)
          if (!row) continue
          const { shape, layer: tensor } = layer.convolution
          if (row.layer !== tensor || row.filters !== shape[0] * shape[1])
            throw new InputError(input.path, `no longer holds layer ${row.layer} as it was measured; measure it again`)
          missing.delete(key)
          yield { row, layer }
        }
      }
    } finally {
      await source.close()
    }
  }
  for (const key of missing) {
    const row = rows.get(key)!
    throw new InputError(row.model, `layer ${row.layer} was measured, but is not in the inputs any more; measure them again`)
  }
}
