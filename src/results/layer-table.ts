import { describeColumns, type Fields, readRows } from '../arrow/fields.ts'
import { type ArrowBatches, openArrowBatches } from '../arrow/table.ts'
import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import { type LayerRow, layerFields } from '../measure/layer-row.ts'
import type { LayerSource, MeasuredLayer } from '../measure/layer-source.ts'
import type { Metric } from '../measure/metrics/metric.ts'
import { layerMetrics } from '../measure/metrics/registry.ts'

/** Rows of a model that lie one behind the other. */
interface Run {
  readonly first: number
  count: number
}

/**
 * The layers of a table that stays where it is: what is held is one batch, and where each model's rows begin (found on the first
 * way through). The access must stay open as long as layers are asked for.
 * @throws InputError when it is another table, or damaged; rows are checked when they are read
 */
export async function openLayerTable(access: RandomAccess, metrics: readonly Metric[] = layerMetrics): Promise<LayerSource> {
  const table = await openArrowBatches(access)
  requireKind(table, 'results.layers')
  return new TableLayers(table, layerFields(metrics))
}

/** @throws InputError when a table is of another kind than this */
export function requireKind({ name, metadata }: Pick<ArrowBatches, 'name' | 'metadata'>, kind: string): void {
  const found = metadata.get('filterlens.kind')
  if (found !== kind)
    throw new InputError(name, `is ${found ? `a table of kind ${found}` : 'no table of filterlens'}, not ${kind}`)
}

class TableLayers implements LayerSource {
  readonly count: number
  readonly #table: ArrowBatches
  readonly #whole: Reader<LayerRow>
  readonly #plain: Reader<MeasuredLayer>
  #index: Promise<ReadonlyMap<string, readonly Run[]>> | undefined

  constructor(table: ArrowBatches, fields: Fields) {
    const { scaled: _s, raw: _r, clean: _c, ...plain } = fields
    this.count = table.rows
    this.#table = table
    this.#whole = new Reader(table, fields)
    this.#plain = new Reader(table, plain)
  }

  rows(): AsyncIterable<readonly LayerRow[]> {
    return this.#all(this.#whole)
  }

  metrics(): AsyncIterable<readonly MeasuredLayer[]> {
    return this.#all(this.#plain)
  }

  of(model: string): AsyncIterable<readonly LayerRow[]> {
    return this.#ofModel(this.#whole, model)
  }

  metricsOf(model: string): AsyncIterable<readonly MeasuredLayer[]> {
    return this.#ofModel(this.#plain, model)
  }

  async *#all<Row>(reader: Reader<Row>): AsyncGenerator<readonly Row[]> {
    for (let k = 0; k < this.#table.sizes.length; k++) yield await reader.read(k)
  }

  async *#ofModel<Row>(reader: Reader<Row>, model: string): AsyncGenerator<readonly Row[]> {
    this.#index ??= indexOf(this.#table)
    for (const { first, count } of (await this.#index).get(model) ?? []) yield* reader.rows(first, count)
  }
}

/** Reads some columns of batches; the last one is kept, for the next model's rows are mostly in it too. */
class Reader<Row> {
  readonly #table: ArrowBatches
  readonly #fields: Fields
  readonly #names: readonly string[]
  readonly #starts: readonly number[]
  #last: { readonly batch: number; readonly rows: readonly Row[] } | undefined

  constructor(table: ArrowBatches, fields: Fields) {
    this.#table = table
    this.#fields = fields
    const known = new Set(table.columns.map(({ name }) => name))
    // A column that is missing has a value of its own, or is missed when rows are read.
    this.#names = describeColumns(fields).flatMap(({ name }) => (known.has(name) ? [name] : []))
    let next = 0
    this.#starts = table.sizes.map((size) => (next += size) - size)
  }

  async read(batch: number): Promise<readonly Row[]> {
    if (this.#last?.batch === batch) return this.#last.rows
    const rows = readRows(this.#fields, await this.#table.read(batch, this.#names)) as unknown as Row[]
    this.#last = { batch, rows }
    return rows
  }

  /** `count` rows from `first` on, as many at a time as lie in one batch. */
  async *rows(first: number, count: number): AsyncGenerator<readonly Row[]> {
    const end = first + count
    for (let at = first, batch = this.#batchOf(first); at < end; batch++) {
      const start = this.#starts[batch]!
      const stop = Math.min(end, start + this.#table.sizes[batch]!)
      if (stop > at) yield (await this.read(batch)).slice(at - start, stop - start)
      at = Math.max(at, stop)
    }
  }

  #batchOf(row: number): number {
    let [low, high] = [0, this.#starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#starts[middle]! <= row) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** Where each model's rows lie. */
async function indexOf(table: ArrowBatches): Promise<ReadonlyMap<string, readonly Run[]>> {
  const runs = new Map<string, Run[]>()
  let [row, before, run]: [number, string | undefined, Run | undefined] = [0, undefined, undefined]
  for (let k = 0; k < table.sizes.length; k++)
    for (const model of (await table.read(k, ['model'])).texts('model')) {
      if (run && model === before) run.count++
      else {
        run = { first: row, count: 1 }
        before = model
        const own = runs.get(model)
        if (own) own.push(run)
        else runs.set(model, [run])
      }
      row++
    }
  return runs
}
