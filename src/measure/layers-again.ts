import { InputError } from '../errors.ts'
import type { Input, LazyInput } from '../io/random-access.ts'
import { InputDriver, type InputOpener } from './input-driver.ts'
import type { LayerRow } from './layer-row.ts'
import { layersByModel } from './layer-source.ts'
import type { Analysis } from './model-row.ts'
import { filtersOf, type KernelChoice, parseKernel, type SelectedLayer } from './select.ts'

/** Of a layer's row, what finds it again and tells whether it is the same. */
export type LayerPlace = Pick<LayerRow, 'model' | 'layer' | 'layer_id' | 'kernel' | 'conv_depth' | 'in_channels' | 'filters'>

/** Of a run's results: the layer table, its parameters, and the inputs that failed in it, which may fail again. */
export interface MeasuredRun<Row extends LayerPlace = LayerPlace>
  extends Pick<Analysis, 'parameters'>,
    Partial<Pick<Analysis, 'failed'>> {
  readonly layers: readonly Row[]
}

/** Layers of a run that are to be read again, model by model. */
export interface WantedLayers<Row extends LayerPlace> {
  /** Every model that may have one. */
  readonly models: Iterable<string>
  /** Those of one model, in the order of the table, in batches. */
  of(model: string): AsyncIterable<readonly Row[]>
}

/** How inputs are opened again. */
export interface AgainOptions {
  /** Model names by input path, as they were given to `measure`. */
  readonly names?: ReadonlyMap<string, string>
  readonly signal?: AbortSignal
  /** Opens those that hold models of these names, in place of the inputs: names and copies are settled there. */
  readonly open?: ((choice: KernelChoice, models: ReadonlySet<string>) => InputOpener) | undefined
}

/** Which layers of which run are wanted. */
export interface Again<Row extends LayerPlace> {
  /** Those of the run, in the same order; each must be readable again. */
  readonly inputs: readonly (Input | LazyInput)[]
  readonly analysis: Omit<MeasuredRun, 'layers'>
  readonly wanted: WantedLayers<Row>
  readonly options: { readonly [Name in keyof AgainOptions]?: AgainOptions[Name] | undefined }
}

/** Layers that are in memory as wanted ones. */
export function wantedOf<Row extends LayerPlace>(rows: readonly Row[]): WantedLayers<Row> {
  const byModel = layersByModel(rows)
  return {
    models: byModel.keys(),
    async *of(model) {
      const own = byModel.get(model)
      if (own) yield own
    },
  }
}

/**
 * Opens the inputs one after the other, names their models as `measure` does, and gives every layer that is wanted. Of a
 * model that comes in the order of the table one batch of rows is held.
 * @throws InputError when an input cannot be read again, or no longer holds the layers that were measured
 */
export async function* layersAgain<Row extends LayerPlace>({
  inputs,
  analysis,
  wanted,
  options,
}: Again<Row>): AsyncGenerator<{ row: Row; layer: SelectedLayer }> {
  const unseen = new Set(wanted.models)
  /** Models that came without all their layers. */
  const open = new Map<string, RowsOfModel<Row>>()
  if (unseen.size === 0) return
  const failedThen = new Set(analysis.failed?.map(({ file }) => file))
  const { names, signal } = options
  const choice = parseKernel(analysis.parameters.kernel)
  const driver =
    options.open?.(choice, new Set(unseen)) ??
    new InputDriver(inputs, {
      ...(names && { names }),
      ...(signal && { signal }),
      choice,
      hash: false,
      // Layers of a file inside an input are missed below, if any of them are wanted.
      goesOnWithout: (file, inside) => inside || failedThen.has(file),
    })
  try {
    for await (const event of driver.events()) {
      if (event.kind !== 'input') continue
      for (const { input, name, layers } of event.input.models) {
        const rows = open.get(name) ?? (unseen.delete(name) ? new RowsOfModel(wanted.of(name)) : undefined)
        if (!rows) continue
        // A second time for those that stand in another order than in the table.
        for (const isLast of [false, true]) {
          for (const layer of layers) {
            options.signal?.throwIfAborted()
            const row = await rows.take(layer.layer_id, isLast)
            if (!row) continue
            if (row.layer !== layer.convolution.layer || row.filters !== filtersOf(layer))
              throw new InputError(input.path, `no longer holds layer ${row.layer} as it was measured; measure it again`)
            yield { row, layer }
          }
          if (await rows.isTaken()) break
          await rows.passAll()
        }
        if (await rows.isTaken()) open.delete(name)
        else open.set(name, rows)
      }
      event.input.requireSame()
      await event.input.close()
      if (unseen.size === 0 && open.size === 0) return
    }
  } finally {
    await driver.close()
  }
  for (const rows of open.values()) requireNone(await rows.next())
  for (const model of unseen) requireNone(await new RowsOfModel(wanted.of(model)).next())
}

function requireNone(row: LayerPlace | undefined): void {
  if (row)
    throw new InputError(row.model, `layer ${row.layer} was measured, but is not in the inputs any more; measure them again`)
}

/** The rows of a model, taken by the ids of the layers as these come. */
export class RowsOfModel<Row extends { readonly layer_id: number }> {
  readonly #source: AsyncIterable<readonly Row[]>
  #batches: AsyncIterator<readonly Row[]> | undefined
  #batch: readonly Row[] = []
  #at = 0
  /** Rows that were passed over: their layers have not come yet. */
  readonly #passed = new Map<number, Row[]>()

  constructor(source: AsyncIterable<readonly Row[]>) {
    this.#source = source
  }

  /** The row of a layer; undefined when it is not wanted, or (unless `isLast`) may stand further on. */
  async take(id: number, isLast: boolean): Promise<Row | undefined> {
    for (let row = await this.#peek(); row && row.layer_id < id && !isLast; row = await this.#peek()) this.#pass(row)
    const row = await this.#peek()
    if (row?.layer_id === id) {
      this.#at++
      return row
    }
    const passed = this.#passed.get(id)
    const found = passed?.shift()
    if (passed?.length === 0) this.#passed.delete(id)
    return found
  }

  /** True when every row has been taken. */
  async isTaken(): Promise<boolean> {
    return this.#passed.size === 0 && (await this.#peek()) === undefined
  }

  async passAll(): Promise<void> {
    for (let row = await this.#peek(); row; row = await this.#peek()) this.#pass(row)
  }

  /** A row that has not been taken. */
  async next(): Promise<Row | undefined> {
    return [...this.#passed.values()][0]?.[0] ?? (await this.#peek())
  }

  #pass(row: Row): void {
    const same = this.#passed.get(row.layer_id)
    if (same) same.push(row)
    else this.#passed.set(row.layer_id, [row])
    this.#at++
  }

  async #peek(): Promise<Row | undefined> {
    this.#batches ??= this.#source[Symbol.asyncIterator]()
    while (this.#at >= this.#batch.length) {
      const { done, value } = await this.#batches.next()
      if (done) return undefined
      this.#batch = value
      this.#at = 0
    }
    return this.#batch[this.#at]
  }
}
