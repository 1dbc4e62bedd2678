import { joinMeta } from './analysis/join-meta.ts'
import type { MetaTable } from './analysis/meta-table.ts'
import type { ModelProvenance } from './database/provenance.ts'
import { databaseWriter } from './database/writer.ts'
import { InputError, NonFiniteWeightError } from './errors.ts'
import type { Input } from './io/random-access.ts'
import type { OutputFolder } from './io/sink.ts'
import { describeCensus } from './measure/census.ts'
import { InputHashes } from './measure/input-hashes.ts'
import { type Inputs, openInput } from './measure/inputs.ts'
import { inputNames, ModelNames } from './measure/model-names.ts'
import type { Analysis } from './measure/model-row.ts'
import { withNamedFolder } from './measure/named-folder.ts'
import type { MeasureOptions } from './measure/options.ts'
import { type SelectedLayer, selectLayers } from './measure/select.ts'
import { openSource } from './sources/open.ts'
import type { SourceModel } from './sources/source.ts'
import { version } from './version.ts'
import { openInstance, type WasmInstance } from './wasm/module.ts'
import { weightReader } from './weights/reader.ts'

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
}

/**
 * Writes the 3×3 filters of all inputs as a filter database (filters.arrow, layers.arrow, models.arrow). Memory stays flat
 * whatever the number of models. Kernels of other sizes are listed as skipped.
 * @throws InputError for the first input that cannot be used (unless keepGoing), or when nothing is left to write; the
 *   folder then holds what it held before
 */
export async function extract(inputs: Inputs, folder: OutputFolder, options: ExtractOptions = {}): Promise<Extraction> {
  const known = Symbol.iterator in inputs ? [...inputs] : undefined
  const names = new ModelNames(options.names ?? inputNames((known ?? []).map((input) => input.path)))
  const models: ModelProvenance[] = []
  const wasm = await openInstance()
  const checker = options.keepGoing ? await openInstance() : undefined
  const writer = await databaseWriter(folder, wasm, { 'filterlens.version': version })
  const skipped: Analysis['skipped'][number][] = []
  const failed: Analysis['failed'][number][] = []
  const warnings = new Set<string>()
  let done = 0

  const addModel = async (
    input: Input,
    model: SourceModel,
    { sha256, parts = [] }: Pick<ModelProvenance, 'sha256' | 'parts'>,
  ): Promise<void> => {
    const selection = selectLayers(model, { height: 3, width: 3 })
    const name = names.take(input.path, model.name)
    const readers = selection.layers.map((layer) => ({
      layer,
      reader: weightReader(layer.convolution.weights, layer.convolution.shape),
    }))
    const left: Analysis['skipped'][number][] = []
    const refuse = (layer: SelectedLayer, index: number, value: number): void => {
      if (!options.skipNonFinite) throw new NonFiniteWeightError(input.path, name, layer.convolution.layer, index, value)
      const { layer: tensor, shape } = layer.convolution
      left.push({ model: name, name: tensor, kind: 'Conv', shape, reason: `the weight at index ${index} is ${value}` })
    }
    // With keepGoing a model is left out as a whole, so it is looked through before the first of its filters is written.
    if (checker && !options.skipNonFinite)
      for (const { layer, reader } of readers) await requireFinite(checker, reader, (index, value) => refuse(layer, index, value))
    let filters = 0
    const total = { layers: readers.length, filters: readers.reduce((n, { reader }) => n + reader.filters, 0) }
    for (const [k, { layer, reader }] of readers.entries()) {
      options.signal?.throwIfAborted()
      const { convolution, layer_id } = layer
      const { layer: tensor, depth, conv_depth, conv_depth_norm, groups, shape } = convolution
      const row = {
        model: name,
        layer: tensor,
        layer_id,
        depth,
        conv_depth,
        conv_depth_norm,
        groups,
        out_channels: shape[0],
        in_channels: shape[1],
      }
      const bad = await writer.addLayer(row, reader)
      if (bad) refuse(layer, bad.index, bad.value)
      filters += reader.filters
      options.onProgress?.({
        inputs: { done, total: known?.length },
        model: name,
        layer: tensor,
        layers: { done: k + 1, total: total.layers },
        filters: { done: filters, total: total.filters },
      })
    }
    skipped.push(...left, ...selection.skipped.map((entry) => ({ model: name, ...entry })))
    models.push({
      model: name,
      file: model.recorded?.file ?? input.path,
      bytes: model.recorded?.bytes ?? input.access.byteLength,
      sha256,
      ...(parts.length > 0 && { parts }),
      format: model.format,
      producer: model.producer,
      opset: model.opset,
      meta: model.meta,
    })
  }

  try {
    for await (const given of known ?? inputs) {
      options.signal?.throwIfAborted()
      try {
        const input = withNamedFolder(await openInput(given))
        const source = await openSource(input)
        try {
          for (const text of source.warnings) warnings.add(text)
          for (const { file, error } of source.failed ?? []) {
            if (!options.keepGoing) throw error
            failed.push({ file, problem: error.problem })
          }
          const hashes = options.hash !== false ? new InputHashes(input, options.signal) : undefined
          for (const model of source.models)
            await addModel(input, model, model.recorded ?? (await hashes?.of(model)) ?? { sha256: null })
        } finally {
          await source.close()
        }
      } catch (error) {
        if (!(error instanceof InputError) || !options.keepGoing) throw error
        failed.push({ file: given.path, problem: error.problem })
      }
      done++
    }
    if (writer.layers() === 0) {
      const census = describeCensus(models.length === 0 ? undefined : 0, skipped)
      const why = models.length === 0 && failed.length === 0 ? 'there is no model among the inputs' : census
      throw new InputError(folder.name, `nothing to write: no 3×3 layer was found; ${why}`)
    }
    const joined = options.meta && joinMeta(models, options.meta)
    const counts = await writer.commit(joined?.models ?? models)
    return { ...counts, models: models.length, skipped, failed, warnings: [...warnings, ...(joined?.warnings ?? [])] }
  } catch (error) {
    await writer.discard()
    throw error
  }
}

async function requireFinite(
  wasm: WasmInstance,
  reader: ReturnType<typeof weightReader>,
  refuse: (index: number, value: number) => void,
): Promise<void> {
  const most = 1 << 18
  const values = Math.min(most, reader.filters) * reader.taps
  const address = wasm.reserve(values * 4 + reader.scratchBytes + 64)
  for (let from = 0; from < reader.filters; from += most) {
    const count = Math.min(most, reader.filters - from)
    await reader.read(wasm, address, address + values * 4, from, count)
    const index = wasm.firstNonFinite(address, count * reader.taps)
    if (index >= 0) refuse(from * reader.taps + index, wasm.f32(address + 4 * index, 1)[0]!)
  }
}
