import { processors } from '#threads'
import type { InputError } from '../errors.ts'
import { requireChecksums } from '../io/checked-access.ts'
import type { Input, RandomAccess } from '../io/random-access.ts'
import type { Skipped } from '../sources/source.ts'
import { openInstance, type WasmInstance } from '../wasm/module.ts'
import { LayerSum } from './aggregate.ts'
import { type Flags, layerFlags } from './flags.ts'
import { type DriverEvent, InputDriver, type InputOpener } from './input-driver.ts'
import type { ModelHashes } from './input-hashes.ts'
import type { Inputs } from './inputs.ts'
import type { PassResult } from './layer-pass.ts'
import type { LayerRow } from './layer-row.ts'
import { growingMeasurer, type LayerJob, localMeasurer, type Measurer, openingMeasurer, sparingMeasurer } from './measurer.ts'
import type { ModelRow } from './model-row.ts'
import { nonFiniteLayer, type OpenedInput, type OpenedModel, provenanceOf } from './opened-input.ts'
import { type FinishedLayer, type LayerIdentity, type MeasureOptions, type Settings, settingsOf } from './options.ts'
import { mixLayer, PRINT_WORDS, SameFilters } from './same-filters.ts'
import type { SelectedLayer } from './select.ts'
import { UnreadChecksums } from './unread-checksums.ts'

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
  /** An input, or one model of it, that could not be measured (with keepGoing): layers of it that were yielded are void. */
  | { readonly kind: 'failed'; readonly file: string; readonly model: string | undefined; readonly error: InputError }
  | { readonly kind: 'warning'; readonly text: string }

/** Inputs that may be open at a time. */
const MOST_OPEN = 32

/** What has been begun, in the order in which it is yielded. */
type Entry =
  | {
      readonly kind: 'layer'
      readonly state: ModelState
      readonly layer: SelectedLayer
      readonly result: Promise<PassResult | FinishedLayer>
    }
  | { readonly kind: 'model'; readonly state: ModelState }
  | { readonly kind: 'close'; readonly input: InputState }
  | { readonly kind: 'event'; readonly event: MeasureEvent }

/** An input while its layers come in. */
interface InputState {
  readonly opened: OpenedInput
  readonly layerDone: (model: string, layer: SelectedLayer) => void
  /** Weights so far that were not exactly a float32. */
  narrowed: number
}

/** A model while its layers come in. */
interface ModelState {
  readonly input: InputState
  readonly opened: OpenedModel
  readonly skipped: Skipped[]
  /** Rows are yielded and not kept: a model may have any number of layers. */
  readonly sum: LayerSum
  readonly hashes: Promise<ModelHashes>
  failed: boolean
  /** Of its layers' rows so far. */
  print: Uint32Array | undefined
}

interface Run {
  readonly unread: UnreadChecksums
  /** What has come in and waits for what else its checksums cover. */
  readonly held: Entry[]
  readonly sameFilters: SameFilters
  readonly options: MeasureOptions
  readonly driver: InputOpener
  readonly measurer: Measurer
}

/**
 * Measures inputs one after the other and yields each layer when it is done, then its model: memory stays flat over any
 * number of models.
 * @throws InputError for the first input that cannot be used (unless keepGoing), UsageError for options that mean nothing
 * @example
 * for await (const event of measure(await listInputs(['models/'])))
 *   if (event.kind === 'layer') console.log(event.row.model, event.row.layer, event.row.sparsity)
 */
export async function* measure(inputs: Inputs, options: MeasureOptions = {}): AsyncGenerator<MeasureEvent, void, undefined> {
  yield* measureOpened(
    ({ choice }) => new InputDriver(inputs, { ...options, choice, goesOnWithout: () => options.keepGoing === true }),
    options,
  )
}

/** The same of inputs that `open` opens. */
export async function* measureOpened(
  open: (settings: Settings) => InputOpener,
  options: MeasureOptions,
): AsyncGenerator<MeasureEvent, void, undefined> {
  const settings = settingsOf(options)
  const driver = open(settings)
  const wasm = await openInstance()
  const measurer = await openMeasurer(options, settings, wasm)
  const stop = (): void => void measurer.close()
  options.signal?.addEventListener('abort', stop, { once: true })
  const run: Run = { unread: new UnreadChecksums(), held: [], sameFilters: new SameFilters(), options, driver, measurer }
  const queue: Entry[] = []
  let waiting = 0
  try {
    for await (const event of driver.events()) {
      for (const entry of begin(event, run)) {
        queue.push(entry)
        if (entry.kind === 'layer') waiting++
        // Inputs without a layer to measure wait too: their files stay open until it is their turn.
        while (waiting > measurer.ahead || driver.open > MOST_OPEN) {
          const first = queue.shift()!
          if (first.kind === 'layer') waiting--
          yield* settle(first, run)
        }
      }
    }
    while (queue.length > 0) yield* settle(queue.shift()!, run)
    for (const text of run.sameFilters.sentences()) yield { kind: 'warning', text }
  } catch (error) {
    options.signal?.throwIfAborted() // what was under way fails because it was stopped
    throw error
  } finally {
    options.signal?.removeEventListener('abort', stop)
    await measurer.close()
    await Promise.allSettled(queue.map((entry) => (entry.kind === 'layer' ? entry.result : undefined))) // those held have come
    await driver.close()
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

/** Starts the layers of an input one by one; pulled only as fast as results are taken. */
function* begin(event: DriverEvent, { options, driver, measurer, unread }: Run): Generator<Entry> {
  if (event.kind === 'warning') return yield { kind: 'event', event }
  if (event.kind === 'failed') return yield { kind: 'event', event: { ...event, model: undefined } }
  const all = event.input.models.flatMap(({ layers }) => layers)
  measurer.expect?.(all.map(jobOf))
  unread.expect(all.map(accessOf))
  const input: InputState = { opened: event.input, layerDone: driver.progress.ofInput(all), narrowed: 0 }
  for (const opened of event.input.models) {
    const hashes = opened.hashes()
    hashes.catch(() => undefined) // it is awaited with the model; until then a failure must not count as unhandled
    const state: ModelState = {
      input,
      opened,
      skipped: [...opened.skipped],
      sum: new LayerSum(),
      hashes,
      failed: false,
      print: undefined,
    }
    for (const layer of opened.layers) {
      options.signal?.throwIfAborted()
      if (state.failed) break
      const finished = options.finished?.(identityOf(opened, layer))
      const result = finished ? Promise.resolve(finished) : measurer.measure(jobOf(layer))
      result.catch(() => undefined)
      yield { kind: 'layer', state, layer, result }
    }
    yield { kind: 'model', state }
  }
  yield { kind: 'close', input }
}

/** Waits for an entry and yields what can be told: all before it has been, and its checksums have been read. */
async function* settle(entry: Entry, run: Run): AsyncGenerator<MeasureEvent, void, undefined> {
  const { unread, held } = run
  run.options.signal?.throwIfAborted()
  if (entry.kind === 'layer') {
    const { state, layer } = entry
    await entry.result.then(
      () => state.failed || state.input.layerDone(state.opened.name, layer),
      () => undefined, // it is told in its turn
    )
    unread.done(accessOf(layer))
    unread.hold(layer.convolution.shape, 1)
  }
  // Of a model that failed not all layers were begun.
  if (entry.kind === 'close') unread.forget(entry.input.opened.models.flatMap(({ layers }) => layers.map(accessOf)))
  held.push(entry)
  for (let first = held[0]; first; first = held[0]) {
    if (first.kind === 'layer' && !unread.isRead(accessOf(first.layer))) return
    held.shift()
    if (first.kind === 'layer') unread.hold(first.layer.convolution.shape, -1)
    yield* tell(first, run)
  }
}

async function* tell(entry: Entry, run: Run): AsyncGenerator<MeasureEvent, void, undefined> {
  run.options.signal?.throwIfAborted()
  switch (entry.kind) {
    case 'event':
      yield entry.event
      return
    case 'close': {
      const { opened, narrowed } = entry.input
      await opened.close()
      if (narrowed > 0) yield { kind: 'warning', text: narrowedText(opened.input.path, narrowed) }
      return
    }
    case 'layer': {
      const { state, layer } = entry
      if (state.failed) return
      try {
        const result = await entry.result
        if (!('row' in result)) await requireChecksums(layer.convolution.weights.access, run.options.signal)
        const measured = await rowOf(result, state, layer, run.options)
        if (measured) {
          state.print ??= new Uint32Array(PRINT_WORDS)
          mixLayer(state.print, measured.row)
        }
        if (measured) yield { kind: 'layer', identity: identityOf(state.opened, layer), ...measured }
      } catch (error) {
        yield failedModel(error, state, run)
      }
      return
    }
    case 'model': {
      const { state } = entry
      if (state.failed) return
      try {
        const { input, model } = state.opened
        const row = modelRow(state, await state.hashes)
        state.input.opened.requireSame()
        if (state.print) run.sameFilters.add(row.model, state.print)
        yield { kind: 'model', row, input, skipped: state.skipped, found: model.convolutions.length }
      } catch (error) {
        yield failedModel(error, state, run)
      }
    }
  }
}

function failedModel(error: unknown, state: ModelState, { driver }: Run): MeasureEvent {
  const { input, name } = state.opened
  const broken = driver.broken(error, input.path)
  state.failed = true
  return { kind: 'failed', file: input.path, model: name, error: broken }
}

/** A finished layer's row; undefined when it is left out for a weight that is not finite. */
async function rowOf(
  result: PassResult | FinishedLayer,
  { input, opened, sum, skipped }: ModelState,
  { convolution, layer_id, kernel }: SelectedLayer,
  { skipNonFinite }: MeasureOptions,
): Promise<(FinishedLayer & { measured: boolean }) | undefined> {
  if ('row' in result) {
    sum.add(result.row)
    input.narrowed += result.narrowed
    return { ...result, measured: false }
  }
  if ('nonFinite' in result) {
    skipped.push(await nonFiniteLayer(opened, convolution, result.nonFinite, skipNonFinite))
    return undefined
  }
  const { statistics, values, narrowed } = result
  input.narrowed += narrowed
  // One spread, and of the values: spreading the finished row once more takes twenty times as long (it has too many keys for V8's fast way).
  const row: Omit<LayerRow, 'flags'> & { flags: Flags } = {
    model: opened.name,
    layer: convolution.layer,
    layer_id,
    node: convolution.node ?? null,
    kernel,
    depth: convolution.depth,
    conv_depth: convolution.conv_depth,
    conv_depth_norm: convolution.conv_depth_norm,
    in_channels: convolution.shape[1],
    out_channels: convolution.shape[0],
    groups: convolution.groups,
    filters: statistics.filters,
    ...values,
    flags: {},
    scaled: statistics.scaled,
    raw: statistics.raw,
    clean: statistics.clean,
  }
  row.flags = layerFlags(row)
  sum.add(row)
  return { row, narrowed, measured: true }
}

function identityOf({ input, model, name }: OpenedModel, { layer_id, convolution }: SelectedLayer): LayerIdentity {
  return { input, parts: model.parts, model: name, layer_id, layer: convolution.layer }
}

function modelRow({ opened, sum }: ModelState, hashes: ModelHashes): ModelRow {
  const { meta, ...origin } = provenanceOf(opened, hashes)
  return { ...origin, ...sum.total(), meta }
}

/** What is said of weights that were stored in more bits than a float32 has. */
export function narrowedText(file: string, narrowed: number): string {
  return `${file}: ${narrowed} weights were not exactly a float32; they are measured as the nearest one`
}

const accessOf = ({ convolution }: SelectedLayer): RandomAccess => convolution.weights.access

function jobOf({ convolution: { weights, shape, groups } }: SelectedLayer): LayerJob {
  return { plan: weights, shape, ...(groups > 1 && { groups }) }
}
