import { batchOf, schemaOf, weightsBatch, weightsSchema } from '../arrow/columns.ts'
import { columnsOf } from '../arrow/fields.ts'
import { type ArrowFileWriter, arrowFileBytes, arrowFileWriter } from '../arrow/writer.ts'
import type { OutputFolder } from '../io/sink.ts'
import type { WasmInstance } from '../wasm/module.ts'
import type { WeightReader } from '../weights/reader.ts'
import { isSparseFilter, largestWeight, type SparseLimit } from '../weights/sparse-filter.ts'
import { DATABASE_TAPS, databaseFiles } from './files.ts'
import { type DatabaseLayer, databaseLayerFields, sparseIdsField } from './layer-columns.ts'
import { type ModelProvenance, provenanceFields, withMeta } from './provenance.ts'

/** Filters per record batch of filters.arrow (36 MiB) and layers per batch of layers.arrow: fixed, so that equal inputs give equal bytes. */
const FILTERS_PER_BATCH = 1 << 20
const LAYERS_PER_BATCH = 4096

/** A weight that is NaN or infinite, in the layer's (out, in, row, column) order. */
export interface BadWeight {
  readonly index: number
  readonly value: number
}

/** At which largest magnitude a filter of a layer with that peak is sparse. */
export type SparseRule = (peak: number) => SparseLimit

/** A filter database being written, layer after layer; it holds one batch of filters. */
export interface DatabaseWriter {
  /**
   * Adds a layer's filters. Resolves to the first weight that is not finite, in which case nothing of it is kept (a layer
   * is checked before it is written, so that what is on disk can be measured).
   */
  addLayer(layer: Omit<DatabaseLayer, 'filter_start' | 'filter_count'>, reader: WeightReader): Promise<BadWeight | undefined>
  /** Layers added so far. */
  layers(): number
  /** Writes the tables and gives the three files their names; models.arrow comes last and makes the database whole. */
  commit(models: readonly ModelProvenance[]): Promise<{ filters: number; layers: number }>
  discard(): Promise<void>
}

/**
 * Starts a filter database in a folder. Filters are read straight into the module's memory and written from there.
 * @throws InputError when the folder cannot be written
 */
export async function databaseWriter(
  folder: OutputFolder,
  wasm: WasmInstance,
  metadata: Readonly<Record<string, string>>,
  sparse?: SparseRule,
): Promise<DatabaseWriter> {
  const common = (kind: string): Record<string, string> => ({ ...metadata, 'filterlens.kind': `database.${kind}` })
  const filterSchema = weightsSchema(DATABASE_TAPS, common('filters'))
  const layerFields = sparse ? { ...databaseLayerFields, sparse_ids: sparseIdsField } : databaseLayerFields
  const layerSchema = schemaOf(columnsOf(layerFields, []), common('layers'))
  const open: ArrowFileWriter[] = []
  const create = async (file: string, schema: typeof filterSchema): Promise<ArrowFileWriter> => {
    const writer = arrowFileWriter(await folder.create(file), schema)
    open.push(writer)
    return writer
  }
  const filterFile = await create(databaseFiles.filters, filterSchema)
  const layerFile = await create(databaseFiles.layers, layerSchema).catch(async (error: unknown) => {
    await filterFile.discard()
    throw error
  })
  const rowBytes = DATABASE_TAPS * 4
  const batchBytes = FILTERS_PER_BATCH * rowBytes
  let held = 0 // filters of the batch that is being filled
  let filters = 0
  let layers = 0
  let pending: WrittenLayer[] = []

  const flushFilters = async (address: number): Promise<void> => {
    if (held === 0) return
    // The writer hands the bytes on before the promise resolves, so the module's memory itself can be written.
    await filterFile.write(weightsBatch(filterSchema, wasm.f32(address, held * DATABASE_TAPS)))
    held = 0
  }
  const flushLayers = async (): Promise<void> => {
    if (pending.length > 0) await layerFile.write(batchOf(layerSchema, columnsOf(layerFields, pending)))
    pending = []
  }
  /** A layer that does not fit into what is left of the batch has been checked piece by piece before any of it is written. */
  const check = async (
    reader: WeightReader,
    address: number,
    scratch: number,
    peaks: SparseFilters,
  ): Promise<BadWeight | undefined> => {
    for (let from = 0; from < reader.filters; from += FILTERS_PER_BATCH) {
      const count = Math.min(FILTERS_PER_BATCH, reader.filters - from)
      await reader.read(wasm, address, scratch, from, count)
      const bad = badWeight(wasm, address, count)
      if (bad) return { ...bad, index: bad.index + from * DATABASE_TAPS }
      if (sparse) peaks.take(address, count)
    }
    return undefined
  }
  return {
    async addLayer(layer, reader) {
      const start = wasm.reserve(batchBytes + reader.scratchBytes + 64)
      const scratch = start + batchBytes
      const found = new SparseFilters(wasm)
      if (held + reader.filters > FILTERS_PER_BATCH) {
        // The check needs room: the batch is cut where it must be, not here, so only what does not fit is read twice.
        const room = wasm.reserve(2 * batchBytes + reader.scratchBytes + 64) + batchBytes
        const peaks = new SparseFilters(wasm)
        const bad = await check(reader, room, room + batchBytes, peaks)
        if (bad) return bad
        for (let from = 0; from < reader.filters; ) {
          const count = Math.min(reader.filters - from, FILTERS_PER_BATCH - held)
          await reader.read(wasm, start + held * rowBytes, room + batchBytes, from, count)
          if (sparse) found.find(start + held * rowBytes, count, from, sparse(peaks.peak))
          held += count
          from += count
          if (held === FILTERS_PER_BATCH) await flushFilters(start)
        }
      } else {
        const address = start + held * rowBytes
        await reader.read(wasm, address, scratch, 0, reader.filters)
        const bad = badWeight(wasm, address, reader.filters)
        if (bad) return bad
        if (sparse) {
          found.take(address, reader.filters)
          found.find(address, reader.filters, 0, sparse(found.peak))
        }
        held += reader.filters
        if (held === FILTERS_PER_BATCH) await flushFilters(start)
      }
      pending.push({ ...layer, filter_start: filters, filter_count: reader.filters, ...(sparse && { sparse_ids: found.ids() }) })
      filters += reader.filters
      layers++
      if (pending.length === LAYERS_PER_BATCH) await flushLayers()
      return undefined
    },
    layers: () => layers,
    async commit(models) {
      await flushFilters(wasm.reserve(0))
      await flushLayers()
      const { columns, metaKeys } = withMeta(columnsOf(provenanceFields, models), models)
      const modelSchema = schemaOf(columns, {
        ...common('models'),
        'filterlens.meta': JSON.stringify(metaKeys),
        'filterlens.filters': String(filters),
        'filterlens.layers': String(layers),
      })
      const modelSink = await folder.create(databaseFiles.models)
      try {
        await modelSink.write(arrowFileBytes(modelSchema, models.length > 0 ? [batchOf(modelSchema, columns)] : []))
        // Without models.arrow there is no database: a crash from here on leaves none, not a mixture of two.
        await folder.remove(databaseFiles.models)
        await folder.sync()
        await filterFile.commit()
        await layerFile.commit()
        await modelSink.commit()
        await folder.sync()
      } catch (error) {
        await modelSink.discard()
        throw error
      }
      return { filters, layers }
    },
    async discard() {
      for (const writer of open) await writer.discard()
    },
  }
}

interface WrittenLayer extends DatabaseLayer {
  readonly sparse_ids?: Float64Array
}

/** The peak of a layer, and then which of its filters are sparse, piece by piece. */
class SparseFilters {
  peak = 0
  readonly #wasm: WasmInstance
  readonly #ids: number[] = []

  constructor(wasm: WasmInstance) {
    this.#wasm = wasm
  }

  take(address: number, filters: number): void {
    const count = filters * DATABASE_TAPS
    this.peak = Math.max(this.peak, largestWeight(this.#wasm.f32(address, count), 0, count))
  }

  /** `from`: the number of the first one in its layer. */
  find(address: number, filters: number, from: number, limit: SparseLimit): void {
    const values = this.#wasm.f32(address, filters * DATABASE_TAPS)
    for (let filter = 0; filter < filters; filter++)
      if (isSparseFilter(largestWeight(values, filter * DATABASE_TAPS, DATABASE_TAPS), limit)) this.#ids.push(from + filter)
  }

  ids(): Float64Array {
    return Float64Array.from(this.#ids)
  }
}

function badWeight(wasm: WasmInstance, address: number, filters: number): BadWeight | undefined {
  const index = wasm.firstNonFinite(address, filters * DATABASE_TAPS)
  return index < 0 ? undefined : { index, value: wasm.f32(address + 4 * index, 1)[0]! }
}
