import { describeColumns, type Fields, readRows } from '../arrow/fields.ts'
import type { ArrowBatches } from '../arrow/table.ts'
import { InputError } from '../errors.ts'
import type { RowsByModel } from '../measure/layer-source.ts'

/** @throws InputError when a table is of another kind than this */
export function requireKind({ name, metadata }: Pick<ArrowBatches, 'name' | 'metadata'>, kind: string): void {
  const found = metadata.get('filterlens.kind')
  if (found !== kind)
    throw new InputError(name, `is ${found ? `a table of kind ${found}` : 'no table of filterlens'}, not ${kind}`)
}

/** Rows of a model that lie one behind the other. */
interface Run {
  readonly first: number
  count: number
}

/** Where each model's rows lie in a table, found when it is first asked for. */
export class ModelIndex {
  readonly #table: ArrowBatches
  #runs: Promise<ReadonlyMap<string, readonly Run[]>> | undefined

  constructor(table: ArrowBatches) {
    this.#table = table
  }

  async runsOf(model: string): Promise<readonly Run[]> {
    return (await this.#found()).get(model) ?? []
  }

  /** The models that have rows, in the order of their first ones. */
  async models(): Promise<ReadonlySet<string>> {
    return new Set((await this.#found()).keys())
  }

  #found(): Promise<ReadonlyMap<string, readonly Run[]>> {
    this.#runs ??= indexOf(this.#table)
    return this.#runs
  }
}

/** Rows of a table that stays where it is: what is held is one batch. */
export class TableRows<Row> implements RowsByModel<Row> {
  readonly count: number
  readonly #reader: Reader<Row>
  readonly #index: ModelIndex

  constructor(table: ArrowBatches, fields: Fields, index: ModelIndex = new ModelIndex(table)) {
    this.count = table.rows
    this.#reader = new Reader(table, fields)
    this.#index = index
  }

  rows(): AsyncIterable<readonly Row[]> {
    return this.#reader.all()
  }

  async *of(model: string): AsyncGenerator<readonly Row[]> {
    for (const { first, count } of await this.#index.runsOf(model)) yield* this.#reader.rows(first, count)
  }

  /** The models that have rows, in the order of their first ones. */
  models(): Promise<ReadonlySet<string>> {
    return this.#index.models()
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

  async *all(): AsyncGenerator<readonly Row[]> {
    for (let k = 0; k < this.#table.sizes.length; k++) yield await this.read(k)
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
