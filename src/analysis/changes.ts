import type { Input, LazyInput } from '../io/random-access.ts'
import { InputDriver } from '../measure/input-driver.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import type { Parameters } from '../measure/parameters.ts'
import { parseKernel, type SelectedLayer } from '../measure/select.ts'
import { openInstance, type WasmInstance } from '../wasm/module.ts'
import { compareModels, matchLayers } from './compare-models.ts'
import type { LeftOut } from './findings.ts'
import type { ModelComparison, WeightChange } from './report-types.ts'
import { weightChange } from './weight-change.ts'

/** A model that was measured, and the inputs that it is read from. */
export interface MeasuredModel {
  readonly model: string
  readonly layers: readonly LayerRow[]
  /** Layers that were left out for a weight that is not finite. */
  readonly skipped?: readonly LeftOut[]
  readonly inputs: readonly (Input | LazyInput)[]
}

/** The layers of a model of some inputs while they are open: of the one that is called so, else of the first that has some. */
export class OpenLayers {
  readonly #driver: InputDriver
  readonly #layers: ReadonlyMap<number, SelectedLayer>

  private constructor(driver: InputDriver, layers: ReadonlyMap<number, SelectedLayer>) {
    this.#driver = driver
    this.#layers = layers
  }

  /** @throws InputError when an input cannot be read again */
  static async open(
    inputs: MeasuredModel['inputs'],
    { kernel }: Pick<Parameters, 'kernel'>,
    signal?: AbortSignal,
    name?: string,
  ): Promise<OpenLayers> {
    const choice = parseKernel(kernel)
    const driver = new InputDriver(inputs, { ...(signal && { signal }), choice, hash: false, goesOnWithout: () => false })
    let found: { readonly isCalled: boolean; readonly layers: readonly SelectedLayer[] } | undefined
    try {
      for await (const event of driver.events()) {
        if (event.kind !== 'input') continue
        for (const own of event.input.models) {
          // A run may name a model after its folder ("runs/a"), so that the last part has to do.
          const isCalled = own.name === name || (name?.endsWith(`/${own.name}`) ?? false)
          if (own.layers.length > 0 && (!found || (isCalled && !found.isCalled))) found = { isCalled, layers: own.layers }
        }
      }
      return new OpenLayers(driver, new Map(found?.layers.map((layer) => [layer.layer_id, layer])))
    } catch (error) {
      await driver.close()
      throw error
    }
  }

  of({ layer_id }: Pick<LayerRow, 'layer_id'>): SelectedLayer | undefined {
    return this.#layers.get(layer_id)
  }

  close(): Promise<void> {
    return this.#driver.close()
  }
}

/**
 * Compares two models layer by layer, their metrics (`compareModels`) and their weights: both are read again.
 * @param parameters those that both were measured with; with the metrics of the spectrum among them all singular values of the change are found
 * @returns the comparison with each layer's `change`; null where shapes differ
 * @throws InputError when an input cannot be read again
 * @example
 * const inputs = await listInputs(['models/vgg_w16_cifar10_normal.onnx', 'models/vgg_w16_cifar10_robust.onnx'])
 * const { models, layers, parameters } = await analyze(inputs)
 * const [a, b] = models.map(({ model }, k) => ({ model, layers: layers.filter((row) => row.model === model), inputs: [inputs[k]] }))
 * for (const { layer_a, change } of (await compareWeights(a, b, parameters)).layers) console.log(layer_a, change?.relative_change)
 */
export async function compareWeights(
  a: MeasuredModel,
  b: MeasuredModel,
  parameters: Parameters,
  signal?: AbortSignal,
): Promise<ModelComparison> {
  const comparison = compareModels(a, b)
  const { matches } = matchLayers(a.layers, b.layers)
  const changes = await changesOf(matches, a, b, parameters, signal)
  const layers = comparison.layers.map((layer, k) => ({ ...layer, change: layer.because === null ? changes[k]! : null }))
  return { ...comparison, layers }
}

/** What changed in each of some pairs of layers; null where their shapes differ. */
export async function changesOf(
  matches: readonly (readonly [LayerRow, LayerRow])[],
  a: MeasuredModel,
  b: MeasuredModel,
  parameters: Parameters,
  signal?: AbortSignal,
): Promise<(WeightChange | null)[]> {
  const wasm = await openInstance()
  const first = await OpenLayers.open(a.inputs, parameters, signal, a.model)
  try {
    const second = await OpenLayers.open(b.inputs, parameters, signal, b.model)
    try {
      return await changesBetween(wasm, matches, first, second, parameters, signal)
    } finally {
      await second.close()
    }
  } finally {
    await first.close()
  }
}

/** The same for layers that are open. */
async function changesBetween(
  wasm: WasmInstance,
  matches: readonly (readonly [LayerRow, LayerRow])[],
  a: OpenLayers,
  b: OpenLayers,
  parameters: Parameters,
  signal?: AbortSignal,
): Promise<(WeightChange | null)[]> {
  const changes: (WeightChange | null)[] = []
  for (const [x, y] of matches) {
    signal?.throwIfAborted()
    const [first, second] = [a.of(x), b.of(y)]
    const shape = first?.convolution.shape
    const isAlike = shape !== undefined && second !== undefined && shape.join() === second.convolution.shape.join()
    changes.push(
      isAlike
        ? await weightChange(
            wasm,
            shape,
            { row: x, plan: first!.convolution.weights },
            { row: y, plan: second.convolution.weights },
            parameters,
          )
        : null,
    )
  }
  return changes
}
