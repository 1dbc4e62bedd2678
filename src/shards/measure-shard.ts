import { provenanceFields } from '../database/provenance.ts'
import type { ModelRow } from '../measure/model-row.ts'
import type { MeasureOptions } from '../measure/options.ts'
import { measureOpened } from '../measure/run.ts'
import { layerRecord } from '../results/layer-record.ts'
import type { GrowingPart } from './part-file.ts'
import { modelsOfPiece, type PlannedPiece } from './planned-inputs.ts'
import { type PlaceOpener, PlannedOpener } from './planned-opener.ts'
import type { ToldFailure, ToldModel } from './told-records.ts'

export interface ShardTask {
  readonly pieces: AsyncIterable<PlannedPiece>
  readonly place: PlaceOpener
  readonly options: MeasureOptions
  /** Called with the work that each layer was, also of those that the part holds already. */
  readonly onWork?: (work: number, model: string) => void
}

/** Measures the layers of a shard that its part does not hold yet. @throws InputError as `measure` */
export async function measureShard(part: GrowingPart, { pieces, place, options, onWork }: ShardTask): Promise<void> {
  /** Work of the layers that are still to come, of the models that were begun. */
  const works = new Map<string, number[]>()
  const begin = (piece: PlannedPiece): void => {
    for (const { model, from, to } of modelsOfPiece(piece)) works.set(model.name, model.layers.slice(from, to).reverse())
  }
  const events = measureOpened(
    ({ choice }) =>
      new PlannedOpener(piecesAfter(pieces, part.done, begin), {
        place,
        choice,
        hash: true,
        keepGoing: options.keepGoing === true,
        signal: options.signal,
      }),
    { ...options, hash: true, finished: ({ model, layer_id, layer }) => part.find({ model, layer_id, layer }) },
  )
  for await (const event of events) {
    if (event.kind === 'layer') {
      const { identity, row, narrowed, measured } = event
      const { model, layer_id, layer } = identity
      if (measured) await part.addLayer(layerRecord({ input: '', model, layer_id, layer }, { row, narrowed }))
      onWork?.(works.get(model)?.pop() ?? 0, model)
    } else if (event.kind === 'model') {
      const { row, skipped, found } = event
      works.delete(row.model)
      await part.addModel({ kind: 'model', model: row.model, origin: originOf(row), skipped, found } satisfies ToldModel)
    } else if (event.kind === 'failed') {
      const { file, model, error } = event
      works.delete(model!)
      await part.addModel({ kind: 'failed', model: model!, file, problem: error.problem } satisfies ToldFailure)
    }
  }
}

/** The sums over its layers are made again when the parts are merged. */
function originOf(row: ModelRow): ToldModel['origin'] {
  const kept = [...Object.keys(provenanceFields), 'meta']
  return Object.fromEntries(Object.entries(row).filter(([name]) => kept.includes(name))) as unknown as ToldModel['origin']
}

/** What is left of pieces when a model has been told; `begin` is called with each. */
async function* piecesAfter(
  pieces: AsyncIterable<PlannedPiece>,
  done: string | undefined,
  begin: (piece: PlannedPiece) => void,
): AsyncGenerator<PlannedPiece> {
  let isLeft = done === undefined
  for await (const piece of pieces) {
    const at = isLeft ? -1 : modelsOfPiece(piece).findIndex(({ model }) => model.name === done)
    if (!isLeft && at < 0) continue
    const rest = isLeft ? piece : { ...piece, told: piece.input.models.findIndex(({ name }) => name === done) + 1 }
    isLeft = true
    begin(rest)
    yield rest
  }
}
