import { InputError } from '../errors.ts'
import type { Input, LazyInput } from '../io/random-access.ts'
import { InputDriver } from './input-driver.ts'
import type { LayerRow } from './layer-row.ts'
import type { Analysis } from './model-row.ts'
import { filtersOf, parseKernel, type SelectedLayer } from './select.ts'

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

/**
 * Opens the inputs one after the other, names their models as `measure` does, and gives every layer that is wanted.
 * @throws InputError when an input cannot be read again, or no longer holds the layers that were measured
 */
export async function* layersAgain<Row extends LayerPlace>({
  inputs,
  analysis,
  wanted,
  options,
}: Again<Row>): AsyncGenerator<{ row: Row; layer: SelectedLayer }> {
  const rows = new Map(wanted.map((row) => [keyOf(row), row]))
  if (rows.size === 0) return
  const missing = new Set(rows.keys())
  const failedThen = new Set(analysis.failed?.map(({ file }) => file))
  const driver = new InputDriver(inputs, {
    ...options,
    choice: parseKernel(analysis.parameters.kernel),
    hash: false,
    // Layers of a file inside an input are missed below, if any of them are wanted.
    goesOnWithout: (file, inside) => inside || failedThen.has(file),
  })
  try {
    for await (const event of driver.events()) {
      if (event.kind !== 'input') continue
      for (const { input, name, layers } of event.input.models) {
        for (const layer of layers) {
          options.signal?.throwIfAborted()
          const key = keyOf({ model: name, layer_id: layer.layer_id })
          const row = rows.get(key)
          if (!row) continue
          if (row.layer !== layer.convolution.layer || row.filters !== filtersOf(layer))
            throw new InputError(input.path, `no longer holds layer ${row.layer} as it was measured; measure it again`)
          missing.delete(key)
          yield { row, layer }
        }
      }
      event.input.requireSame()
      await event.input.close()
      if (missing.size === 0) return
    }
  } finally {
    await driver.close()
  }
  for (const key of missing) {
    const row = rows.get(key)!
    throw new InputError(row.model, `layer ${row.layer} was measured, but is not in the inputs any more; measure them again`)
  }
}
