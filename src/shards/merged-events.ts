import { InputError } from '../errors.ts'
import { emptyFolder, memoryAccess } from '../io/random-access.ts'
import { LayerSum } from '../measure/aggregate.ts'
import { isNonFiniteLayer } from '../measure/non-finite.ts'
import { type MeasureEvent, narrowedText } from '../measure/run.ts'
import { mixLayer, PRINT_WORDS, SameFilters } from '../measure/same-filters.ts'
import type { Skipped } from '../sources/source.ts'
import { damagedPart, layerOfPart, type PartRecord } from './part-file.ts'
import { type PartOpener, PartsInOrder } from './parts-in-order.ts'
import type { OpenPlan } from './plan.ts'
import { type PlannedInput, type PlannedModel, plannedLines } from './planned-inputs.ts'
import { type ToldFailure, type ToldModel, toldInRecord } from './told-records.ts'

/**
 * The events of the run that a plan is of, in its order, from the parts of its shards: what `measure` tells of the same inputs on one
 * machine. Parts are read one after the other; of a file that was cut in two what was told of its later models is held.
 */
export async function* mergedEvents(plan: OpenPlan, openPart: PartOpener): AsyncGenerator<MeasureEvent, void, undefined> {
  const parts = new PartsInOrder(plan, openPart)
  const sameFilters = new SameFilters()
  let number = 0
  let filters = 0
  let isComplete = true
  try {
    for await (const { events = [], input } of plannedLines(plan)) {
      for (const event of events)
        yield event.kind === 'warning'
          ? event
          : { kind: 'failed', file: event.file, model: undefined, error: new InputError(event.file, event.problem) }
      if (input && input.models.length > 0)
        for await (const event of inputEvents(input, number, parts, sameFilters)) {
          if (event.kind === 'layer') filters += event.row.filters
          else if (event.kind === 'failed' || (event.kind === 'model' && event.skipped.some(isNonFiniteLayer))) isComplete = false
          yield event
        }
      if (input) number++
    }
    await parts.finish()
    const { filters: planned } = plan.plan.totals
    if (isComplete ? filters !== planned : filters > planned)
      throw new InputError(
        plan.name,
        `its parts hold ${filters} filters, and ${planned} were planned: one of them is damaged; delete them and run the shards again`,
      )
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
      const ends = endOfModel(await parts.next())
      if (!ends) throw parts.wrong()
      told.set(ends.model, ends)
    }
    piece = await parts.pieceAfter(piece)
  }
  let narrowed = 0
  let end = 0 // layers of the models so far
  for (const model of planned.models) {
    const { name, layers } = model
    const begin = end
    end += layers.length
    if (begin < end && begin >= piece.to) await goOn()
    const merged = new MergedModel()
    const early = told.get(name)
    if (early) merged.take(early)
    for (let isWhole = early !== undefined && begin === end; !isWhole; ) {
      const expected = new ExpectedLayers(model, Math.max(0, piece.from - begin), Math.max(0, Math.min(end, piece.to) - begin))
      for (let ends: ToldModel | ToldFailure | undefined; !ends; ) {
        const record = await parts.next()
        ends = endOfModel(record)
        if (ends && (ends.model !== name || !expected.isWhole(ends))) throw parts.wrong()
        if (ends) merged.take(ends)
        else if (!merged.failed) {
          const layer = layerOfPart(record)
          if (layer.row.model !== name || !expected.take(layer.row.layer_id)) throw parts.wrong()
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
function endOfModel({ file, text }: PartRecord): ToldModel | ToldFailure | undefined {
  if (text.startsWith('[')) return undefined
  const told = toldInRecord(text)
  if ('damage' in told) throw damagedPart(file, told.damage)
  return told
}

/** Layers [from, to) of a model: those that a part must hold, in their order. */
class ExpectedLayers {
  readonly #ids: readonly number[]
  /** Of them that came, and where the next one may be. */
  #count = 0
  #next = 0

  constructor({ layers, ids = [...layers.keys()] }: PlannedModel, from: number, to: number) {
    this.#ids = ids.slice(from, to)
  }

  /** @returns false for a layer that is not one of them, or not behind those that came */
  take(layer_id: number): boolean {
    // Those that were left out for a weight that is not finite are told at the end of the model.
    const at = this.#ids.indexOf(layer_id, this.#next)
    this.#next = at + 1
    this.#count++
    return at >= 0
  }

  /** Whether they all came but those of which the end of the model says that they could not be measured. */
  isWhole(ends: ToldModel | ToldFailure): boolean {
    if (ends.kind === 'failed') return true
    return ends.found >= this.#ids.length && this.#count + ends.skipped.filter(isNonFiniteLayer).length === this.#ids.length
  }
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
