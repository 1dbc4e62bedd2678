import { processors } from '#threads'
import { InputError, NonFiniteWeightError } from '../errors.ts'
import type { Input } from '../io/random-access.ts'
import { openSource } from '../sources/open.ts'
import type { Skipped, Source, SourceModel } from '../sources/source.ts'
import { openInstance, type WasmInstance } from '../wasm/module.ts'
import { LayerSum } from './aggregate.ts'
import { InputHashes, type ModelHashes } from './input-hashes.ts'
import { type Inputs, openInput } from './inputs.ts'
import type { PassResult } from './layer-pass.ts'
import type { LayerRow } from './layer-row.ts'
import { growingMeasurer, type LayerJob, localMeasurer, type Measurer, openingMeasurer, sparingMeasurer } from './measurer.ts'
import { inputNames, ModelNames } from './model-names.ts'
import type { ModelRow } from './model-row.ts'
import { withNamedFolder } from './named-folder.ts'
import { type FinishedLayer, type LayerIdentity, type MeasureOptions, type Settings, settingsOf } from './options.ts'
import { type SelectedLayer, selectLayers } from './select.ts'

/** What a run tells, in input order whoever was finished first: a model's layers, then the model. */
export type MeasureEvent =
  | ({ readonly kind: 'layer'; readonly identity: LayerIdentity; readonly measured: boolean } & FinishedLayer)
  | {
      readonly kind: 'model'
      readonly row: ModelRow
      readonly input: Input
      readonly skipped: readonly Skipped[]
      readonly found: number
    }
  /** An input, or one model of it, that could not be measured (with keepGoing): layers of it that were told are void. */
  | { readonly kind: 'failed'; readonly file: string; readonly model: string | undefined; readonly error: InputError }
  | { readonly kind: 'warning'; readonly text: string }

/** Inputs that may be open at a time. */
const MOST_OPEN = 32

const unhashed: ModelHashes = { sha256: null, parts: [] }

/** What the driver has begun and the consumer has not yet been told. */
type Entry =
  | {
      readonly kind: 'layer'
      readonly state: ModelState
      readonly layer: SelectedLayer
      readonly result: Promise<PassResult | FinishedLayer>
    }
  | { readonly kind: 'model'; readonly state: ModelState }
  | {
      readonly kind: 'close'
      readonly source: Source
      readonly hashes: InputHashes | undefined
      readonly file: string
      readonly totals: ModelState['totals']
    }
  | { readonly kind: 'event'; readonly event: MeasureEvent }

/** A model while its layers come in. */
interface ModelState {
  readonly input: Input
  readonly model: SourceModel
  readonly name: string
  readonly skipped: Skipped[]
  /** Rows are told and not kept: a model may have any number of layers. */
  readonly sum: LayerSum
  readonly hashes: Promise<ModelHashes>
  readonly totals: { layers: number; filters: number; layersDone: number; filtersDone: number; narrowed: number }
  failed: boolean
}

/**
 * Measures inputs one after the other and tells each layer when it is done: memory stays flat over any number of models.
 * @throws InputError for the first input that cannot be used (unless keepGoing), UsageError for options that mean nothing
 */
export async function* measure(inputs: Inputs, options: MeasureOptions = {}): AsyncGenerator<MeasureEvent, void, undefined> {
  const settings = settingsOf(options)
  const known = Symbol.iterator in inputs ? [...inputs] : undefined
  const names = new ModelNames(options.names ?? inputNames((known ?? []).map((input) => input.path)))
  const wasm = await openInstance()
  const measurer = await openMeasurer(options, settings, wasm)
  const stop = (): void => void measurer.close()
  options.signal?.addEventListener('abort', stop, { once: true })
  const progress = { done: 0, total: known?.length }
  const queue: Entry[] = []
  let waiting = 0
  const open = new Set<Source>()
  const settled = { options, progress, open }
  try {
    for await (const entry of begin(known ?? inputs, { options, settings, names, measurer, open, progress })) {
      queue.push(entry)
      if (entry.kind === 'layer') waiting++
      // Inputs without a layer to measure wait too: their files stay open until they are told.
      while (waiting > measurer.ahead || open.size > MOST_OPEN) {
        const first = queue.shift()!
        if (first.kind === 'layer') waiting--
        yield* settle(first, settled)
      }
    }
    while (queue.length > 0) yield* settle(queue.shift()!, settled)
  } catch (error) {
    options.signal?.throwIfAborted() // what was under way fails because it was stopped
    throw error
  } finally {
    options.signal?.removeEventListener('abort', stop)
    await measurer.close()
    await Promise.allSettled(
      queue.map((e) => (e.kind === 'layer' ? e.result : e.kind === 'close' ? e.hashes?.settled() : undefined)),
    )
    for (const source of open) await source.close()
  }
}

async function openMeasurer(options: MeasureOptions, settings: Settings, wasm: WasmInstance): Promise<Measurer> {
  const { threshold, profile } = settings.parameters
  const { memory, batchSize, workers } = options
  const pass = {
    threshold,
    profile,
    metrics: settings.metrics,
    passes: settings.passes,
    ...(memory !== undefined && { budget: memory }),
    ...(batchSize !== undefined && { batchSize }),
  }
  const pool = async (count: number): Promise<Measurer> => (await import('./pool.ts')).openPool(count, pass)
  if (workers === undefined) return growingMeasurer(pass, wasm, () => pool(processors()))
  const here = localMeasurer(pass, wasm)
  return workers > 1 ? sparingMeasurer(pass, here, openingMeasurer(pool(workers))) : here
}

interface Begin {
  readonly options: MeasureOptions
  readonly settings: Settings
  readonly names: ModelNames
  readonly measurer: Measurer
  readonly open: Set<Source>
  readonly progress: { done: number; total: number | undefined }
}

/** Opens input after input and starts their layers; pulled only as fast as results are taken. */
async function* begin(inputs: Inputs, run: Begin): AsyncGenerator<Entry> {
  const { options, settings, measurer } = run
  for await (const given of inputs) {
    options.signal?.throwIfAborted()
    let input: ReturnType<typeof withNamedFolder>
    let source: Source
    try {
      input = withNamedFolder(await openInput(given))
      source = await openSource(input)
    } catch (error) {
      if (!(error instanceof InputError) || !options.keepGoing) throw error
      run.progress.done++
      yield { kind: 'event', event: { kind: 'failed', file: given.path, model: undefined, error } }
      continue
    }
    run.open.add(source)
    for (const text of source.warnings) yield { kind: 'event', event: { kind: 'warning', text } }
    for (const { file, error } of source.failed ?? []) {
      if (!options.keepGoing) throw error
      yield { kind: 'event', event: { kind: 'failed', file, model: undefined, error } }
    }
    const selections = source.models.map((model) => ({ model, ...selectLayers(model, settings.choice) }))
    const all = selections.flatMap(({ layers }) => layers)
    measurer.expect?.(all.map(jobOf))
    const totals = {
      layers: all.length,
      filters: all.reduce((n, layer) => n + filtersOf(layer), 0),
      layersDone: 0,
      filtersDone: 0,
      narrowed: 0,
    }
    const wanted = options.hash !== false && source.models.some((model) => !model.recorded)
    const reading = wanted ? new InputHashes(input, options.signal) : undefined
    for (const { model, layers, skipped } of selections) {
      const name = run.names.take(input.path, model.name)
      const hashes = reading && !model.recorded ? reading.of(model) : Promise.resolve(unhashed)
      hashes.catch(() => undefined) // it is awaited with the model; until then a failure must not count as unhandled
      const state: ModelState = {
        input,
        model,
        name,
        skipped: [...skipped],
        sum: new LayerSum(),
        hashes,
        totals,
        failed: false,
      }
      for (const layer of layers) {
        options.signal?.throwIfAborted()
        if (state.failed) break
        const finished = options.finished?.(identityOf(state, layer))
        const result = finished ? Promise.resolve(finished) : measurer.measure(jobOf(layer))
        result.catch(() => undefined)
        yield { kind: 'layer', state, layer, result }
      }
      yield { kind: 'model', state }
    }
    yield { kind: 'close', source, hashes: reading, file: given.path, totals }
  }
}

interface Settle {
  readonly options: MeasureOptions
  readonly progress: { done: number; total: number | undefined }
  readonly open: Set<Source>
}

/** Waits for an entry and tells what came of it. */
async function* settle(entry: Entry, run: Settle): AsyncGenerator<MeasureEvent, void, undefined> {
  run.options.signal?.throwIfAborted()
  switch (entry.kind) {
    case 'event':
      yield entry.event
      return
    case 'close':
      await entry.hashes?.settled()
      await entry.source.close()
      if (entry.totals.narrowed > 0) yield { kind: 'warning', text: narrowedText(entry) }
      run.open.delete(entry.source)
      run.progress.done++
      return
    case 'layer': {
      const { state, layer } = entry
      if (state.failed) return
      try {
        const told = rowOf(await entry.result, state, layer, run)
        state.totals.layersDone++
        state.totals.filtersDone += filtersOf(layer)
        run.options.onProgress?.({
          inputs: { ...run.progress },
          model: state.name,
          layer: layer.convolution.layer,
          layers: { done: state.totals.layersDone, total: state.totals.layers },
          filters: { done: state.totals.filtersDone, total: state.totals.filters },
        })
        if (told) yield { kind: 'layer', identity: identityOf(state, layer), ...told }
      } catch (error) {
        yield failedModel(error, state, run)
      }
      return
    }
    case 'model': {
      const { state } = entry
      if (state.failed) return
      try {
        const row = modelRow(state, await state.hashes)
        yield { kind: 'model', row, input: state.input, skipped: state.skipped, found: state.model.convolutions.length }
      } catch (error) {
        yield failedModel(error, state, run)
      }
    }
  }
}

function failedModel(error: unknown, state: ModelState, run: Settle): MeasureEvent {
  if (!(error instanceof InputError) || !run.options.keepGoing) throw error
  state.failed = true
  return { kind: 'failed', file: state.input.path, model: state.name, error }
}

/** A finished layer's row; undefined when it is left out for a weight that is not finite. */
function rowOf(
  result: PassResult | FinishedLayer,
  state: ModelState,
  { convolution, layer_id, kernel }: SelectedLayer,
  run: Settle,
): (FinishedLayer & { measured: boolean }) | undefined {
  if ('row' in result) {
    state.sum.add(result.row)
    state.totals.narrowed += result.narrowed
    return { ...result, measured: false }
  }
  if ('nonFinite' in result) {
    const { index, value } = result.nonFinite
    if (!run.options.skipNonFinite) throw new NonFiniteWeightError(state.input.path, state.name, convolution.layer, index, value)
    const reason = `the weight at index ${index} is ${value}`
    state.skipped.push({ name: convolution.layer, kind: 'Conv', shape: convolution.shape, reason })
    return undefined
  }
  const { statistics, values, narrowed } = result
  state.totals.narrowed += narrowed
  const row: LayerRow = {
    model: state.name,
    layer: convolution.layer,
    layer_id,
    kernel,
    depth: convolution.depth,
    conv_depth: convolution.conv_depth,
    conv_depth_norm: convolution.conv_depth_norm,
    in_channels: convolution.shape[1],
    out_channels: convolution.shape[0],
    groups: convolution.groups,
    filters: statistics.filters,
    ...values,
    scaled: statistics.scaled,
    raw: statistics.raw,
    clean: statistics.clean,
  }
  state.sum.add(row)
  return { row, narrowed, measured: true }
}

function identityOf({ input, model, name }: ModelState, { layer_id, convolution }: SelectedLayer): LayerIdentity {
  return { input, parts: model.parts, model: name, layer_id, layer: convolution.layer }
}

function modelRow({ input, model, name, sum }: ModelState, hashes: ModelHashes): ModelRow {
  const { sha256, parts = [] } = model.recorded ?? hashes
  return {
    model: name,
    file: model.recorded?.file ?? input.path,
    bytes: model.recorded?.bytes ?? input.access.byteLength,
    sha256,
    ...(parts.length > 0 && { parts }),
    format: model.format,
    producer: model.producer,
    opset: model.opset,
    ...sum.total(),
    meta: model.meta,
  }
}

function narrowedText({ file, totals }: { file: string; totals: ModelState['totals'] }): string {
  return `${file}: ${totals.narrowed} weights were not exactly a float32; they are measured as the nearest one`
}

function jobOf({ convolution: { weights, shape } }: SelectedLayer): LayerJob {
  return { plan: weights, shape }
}

function filtersOf({ convolution: { shape } }: SelectedLayer): number {
  return shape[0] * shape[1]
}
