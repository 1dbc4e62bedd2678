import { InputError } from '../errors.ts'
import { emptyFolder, memoryAccess } from '../io/random-access.ts'
import { LayerSum } from '../measure/aggregate.ts'
import { type MeasureEvent, narrowedText } from '../measure/run.ts'
import { mixLayer, PRINT_WORDS, SameFilters } from '../measure/same-filters.ts'
import { layerOf } from '../results/layer-record.ts'
import type { Skipped } from '../sources/source.ts'
import type { ToldFailure, ToldModel } from './measure-shard.ts'
import { type PartOpener, PartsInOrder } from './parts-in-order.ts'
import type { OpenPlan } from './plan.ts'
import { type PlannedInput, plannedLines } from './planned-inputs.ts'

/**
 * The events of the run that a plan is of, in its order, from the parts of its shards: what `measure` tells of the same inputs on one
 * machine. Parts are read one after the other; of a file that was cut in two what was told of its later models is held.
 */
export async function* mergedEvents(plan: OpenPlan, openPart: PartOpener): AsyncGenerator<MeasureEvent, void, undefined> {
  const parts = new PartsInOrder(plan, openPart)
  const sameFilters = new SameFilters()
  let number = 0
  try {
    for await (const { events = [], input } of plannedLines(plan)) {
      for (const event of events)
        yield event.kind === 'warning'
          ? event
          : { kind: 'failed', file: event.file, model: undefined, error: new InputError(event.file, event.problem) }
      if (input && input.models.length > 0) yield* inputEvents(input, number, parts, sameFilters)
      if (input) number++
    }
    await parts.finish()
  } finally {
    await parts.close()
  }
  for (const text of sameFilters.sentences()) yield { kind: 'warning', text }
}

async function* inputEvents(
  planned: PlannedInput,
  number: number,
  parts: PartsInOrder,
  sameFilters: SameFilters,
): AsyncGenerator<MeasureEvent, void, undefined> {
  const input = { path: planned.path, access: memoryAccess(planned.path, new Uint8Array(0)), folder: emptyFolder }
  /** What the first piece tells of models whose layers are in later ones. */
  const told = new Map<string, ToldModel | ToldFailure>()
  let piece = await parts.pieceOf(number, planned)
  const goOn = async (): Promise<void> => {
    for (let record = await parts.peek(); record; record = await parts.peek()) {
      const ends = endOfModel((await parts.next()).text)
      if (!ends) throw parts.wrong()
      told.set(ends.model, ends)
    }
    piece = await parts.pieceAfter(piece)
  }
  let narrowed = 0
  let end = 0 // layers of the models so far
  for (const { name, layers } of planned.models) {
    const begin = end
    end += layers.length
    if (begin < end && begin >= piece.to) await goOn()
    const merged = new MergedModel()
    const early = told.get(name)
    if (early) merged.take(early)
    for (let isWhole = early !== undefined && begin === end; !isWhole; ) {
      for (let ends: ToldModel | ToldFailure | undefined; !ends; ) {
        const record = await parts.next()
        ends = endOfModel(record.text)
        if (ends?.model === name) merged.take(ends)
        else if (ends) throw parts.wrong()
        else if (!merged.failed) {
          const layer = layerOf(record.bytes, record.text)
          if (layer.row.model !== name) throw parts.wrong()
          merged.add(layer.row)
          narrowed += layer.narrowed
          const { layer_id } = layer.row
          const identity = { input, parts: [], model: name, layer_id, layer: layer.row.layer }
          yield { kind: 'layer', identity, ...layer, measured: true }
        }
      }
      isWhole = piece.to >= end
      if (!isWhole) await goOn()
    }
    yield merged.event(input, sameFilters)
  }
  if (narrowed > 0) yield { kind: 'warning', text: narrowedText(planned.path, narrowed) }
}

/** What a record says of a model when its layers have been told; undefined for that of a layer. */
function endOfModel(text: string): ToldModel | ToldFailure | undefined {
  return text.startsWith('[') ? undefined : (JSON.parse(text) as ToldModel | ToldFailure)
}

/** A model whose pieces come one after the other. */
class MergedModel {
  readonly #sum = new LayerSum()
  readonly #skipped: Skipped[] = []
  #print: Uint32Array | undefined
  #first: ToldModel | undefined
  failed: ToldFailure | undefined

  add(row: Parameters<LayerSum['add']>[0] & Parameters<typeof mixLayer>[1]): void {
    this.#sum.add(row)
    this.#print ??= new Uint32Array(PRINT_WORDS)
    mixLayer(this.#print, row)
  }

  /** What each of its pieces tells at its end: the first one where it came from, and what is left out of it by its kind. */
  take(record: ToldModel | ToldFailure): void {
    if (record.kind === 'failed') {
      this.failed ??= record
      return
    }
    this.#first ??= record
    for (const one of record.skipped) this.#skipped.push(one)
  }

  event(input: Extract<MeasureEvent, { kind: 'model' }>['input'], sameFilters: SameFilters): MeasureEvent {
    if (this.failed) {
      const { file, model, problem } = this.failed
      return { kind: 'failed', file, model, error: new InputError(file, problem) }
    }
    const { origin, found } = this.#first!
    const { meta, ...rest } = origin
    const row = { ...rest, ...this.#sum.total(), meta }
    if (this.#print) sameFilters.add(row.model, this.#print)
    return { kind: 'model', row, input, skipped: this.#skipped, found }
  }
}
