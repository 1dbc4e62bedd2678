import { joinMeta } from './analysis/join-meta.ts'
import type { MetaTable } from './analysis/meta-table.ts'
import type { ModelProvenance } from './database/provenance.ts'
import { type BadWeight, type DatabaseWriter, databaseWriter, type SparseRule } from './database/writer.ts'
import { InputError } from './errors.ts'
import { type AnyInputs, inputsFrom } from './inputs/any-inputs.ts'
import { requireChecksums } from './io/checked-access.ts'
import type { OutputFolder } from './io/sink.ts'
import { describeCensus } from './measure/census.ts'
import { InputDriver } from './measure/input-driver.ts'
import { sparseLimit } from './measure/layer-pass.ts'
import type { Analysis } from './measure/model-row.ts'
import { nonFiniteLayer, type OpenedModel, provenanceOf } from './measure/opened-input.ts'
import { type MeasureOptions, requireKnownOptions } from './measure/options.ts'
import type { SelectedLayer } from './measure/select.ts'
import { version } from './version.ts'
import { openInstance, type WasmInstance } from './wasm/module.ts'
import { readerInOrder } from './weights/in-order.ts'
import type { WeightReader } from './weights/reader.ts'

/** What went into a filter database, and what did not. */
export interface Extraction {
  readonly models: number
  readonly layers: number
  readonly filters: number
  readonly skipped: Analysis['skipped']
  readonly failed: Analysis['failed']
  readonly warnings: readonly string[]
}

export interface ExtractOptions
  extends Pick<MeasureOptions, 'skipNonFinite' | 'keepGoing' | 'hash' | 'names' | 'signal' | 'onProgress'> {
  /** A table about the models (`parseMeta`), joined by name. */
  readonly meta?: MetaTable
  /** Adds a column `sparse_ids` to layers.arrow: which filters are sparse, by this threshold (0.01 in the paper). Default: none. */
  readonly sparseThreshold?: number
}

/**
 * Writes the 3×3 filters of all inputs as a filter database: filters.arrow (float32, 9 a filter, unscaled), layers.arrow and
 * models.arrow. Memory stays flat whatever the number of models. Kernels of other sizes are listed as skipped.
 * @throws InputError for the first input that cannot be used (unless keepGoing), or when nothing is left to write; the
 *   folder then holds what it held before
 * @example
 * const { filters, skipped } = await extract(['models/'], outputFolder('db'))
 * console.log(filters, skipped.length)
 */
export async function extract(given: AnyInputs, folder: OutputFolder, options: ExtractOptions = {}): Promise<Extraction> {
  requireKnownOptions(options, ['meta', 'sparseThreshold'])
  const inputs = await inputsFrom(given)
  const { keepGoing = false } = options
  const driver = new InputDriver(inputs, {
    ...options,
    choice: { height: 3, width: 3 },
    goesOnWithout: () => keepGoing,
  })
  const wasm = await openInstance()
  const writer = await databaseWriter(folder, wasm, { 'filterlens.version': version }, sparseRule(options))
  const run: Run = { writer, options, other: await openInstance(), isChecked: keepGoing }
  const models: ModelProvenance[] = []
  const skipped: Analysis['skipped'][number][] = []
  const failed: Analysis['failed'][number][] = []
  const warnings = new Set<string>()
  try {
    for await (const event of driver.events()) {
      if (event.kind === 'warning') warnings.add(event.text)
      else if (event.kind === 'failed') failed.push({ file: event.file, problem: event.error.problem })
      else {
        const { input } = event
        const layerDone = driver.progress.ofInput(input.models.flatMap(({ layers }) => layers))
        for (const model of input.models) {
          try {
            const origin = provenanceOf(model, await model.hashes())
            const left = await addModel(model, run, (layer) => layerDone(model.name, layer))
            for (const entry of left) skipped.push(entry)
            models.push(origin)
          } catch (error) {
            failed.push({ file: input.input.path, problem: driver.broken(error, input.input.path).problem })
          }
        }
        input.requireSame() // its filters are written already: no database can go on without it
        await input.close()
      }
    }
    if (writer.layers() === 0) {
      const census = describeCensus(skipped)
      const why = models.length === 0 && failed.length === 0 ? 'there is no model among the inputs' : census
      throw new InputError(folder.name, `nothing to write: no 3×3 layer was found; ${why}`)
    }
    const joined = options.meta && joinMeta(models, options.meta)
    const counts = await writer.commit(joined?.models ?? models)
    return { ...counts, models: models.length, skipped, failed, warnings: [...warnings, ...(joined?.warnings ?? [])] }
  } catch (error) {
    await writer.discard()
    throw error
  } finally {
    await driver.close()
  }
}

function sparseRule({ sparseThreshold }: ExtractOptions): SparseRule | undefined {
  return sparseThreshold === undefined ? undefined : (peak) => sparseLimit(peak, sparseThreshold, 'cvprw22')
}

interface Run {
  readonly writer: DatabaseWriter
  readonly options: ExtractOptions
  /** Another instance than the writer's: puts layers in order, and looks them through. */
  readonly other: WasmInstance
  /** Whether models are looked through before they are written, for the run goes on without those that cannot be read. */
  readonly isChecked: boolean
}

/** Writes a model's layers. Returns what was left out of it. @throws InputError */
async function addModel(
  opened: OpenedModel,
  { writer, options, other, isChecked }: Run,
  done: (layer: SelectedLayer) => void,
): Promise<Analysis['skipped'][number][]> {
  const read = async <T>({ convolution: { weights, shape } }: SelectedLayer, use: (reader: WeightReader) => Promise<T>) => {
    const { reader, close } = await readerInOrder(other, weights, shape)
    return await use(reader).finally(close)
  }
  const refused = ({ convolution }: SelectedLayer, bad: BadWeight) =>
    nonFiniteLayer(opened, convolution, bad, options.skipNonFinite)
  // A model that cannot be used is left out as a whole, so it is read before the first of its filters is written.
  if (isChecked)
    for (const layer of opened.layers) {
      const bad = await read(layer, (reader) => firstBadWeight(other, reader, options.signal))
      await requireChecksums(layer.convolution.weights.access, options.signal)
      if (bad) await refused(layer, bad)
    }
  const left: Analysis['skipped'][number][] = []
  for (const layer of opened.layers) {
    options.signal?.throwIfAborted()
    const { layer: tensor, node = null, depth, conv_depth, conv_depth_norm, groups, shape } = layer.convolution
    const [out_channels, in_channels] = shape
    const row = {
      ...{ model: opened.name, layer: tensor, layer_id: layer.layer_id },
      ...{ depth, conv_depth, conv_depth_norm, groups, out_channels, in_channels, node },
    }
    const bad = await read(layer, (reader) => writer.addLayer(row, reader))
    await requireChecksums(layer.convolution.weights.access, options.signal)
    if (bad) left.push({ model: opened.name, ...(await refused(layer, bad)) })
    done(layer)
  }
  return [...left, ...opened.skipped.map((entry) => ({ model: opened.name, ...entry }))]
}

async function firstBadWeight(
  wasm: WasmInstance,
  reader: WeightReader,
  signal: AbortSignal | undefined,
): Promise<BadWeight | undefined> {
  const most = 1 << 18
  const values = Math.min(most, reader.filters) * reader.taps
  const address = wasm.reserve(values * 4 + reader.scratchBytes + 64)
  for (let from = 0; from < reader.filters; from += most) {
    signal?.throwIfAborted()
    const count = Math.min(most, reader.filters - from)
    await reader.read(wasm, address, address + values * 4, from, count)
    const index = wasm.firstNonFinite(address, count * reader.taps)
    if (index >= 0) return { index: from * reader.taps + index, value: wasm.f32(address + 4 * index, 1)[0]! }
  }
  return undefined
}
