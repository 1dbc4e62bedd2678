import { type ArrowBatches, type ArrowTable, type ArrowValue, openArrowBatches } from '../arrow/table.ts'
import type { RandomAccess } from '../io/random-access.ts'
import { type Difference, MOST_DIFFERENCES } from './compare-rows.ts'

/** The cells in which two Arrow tables differ in any bit, and the metadata in which they do; at most `MOST_DIFFERENCES`. */
export async function compareTables(table: string, stored: RandomAccess, made: RandomAccess): Promise<Difference[]> {
  const [before, now] = [await openArrowBatches(stored), await openArrowBatches(made)]
  const differences: Difference[] = []
  const note = (row: string, column: string, a: unknown, b: unknown): void => {
    if (differences.length < MOST_DIFFERENCES) differences.push({ table, row, column, stored: shown(a), recomputed: shown(b) })
  }
  if (before.rows !== now.rows) note('all', '(number of rows)', before.rows, now.rows)
  const has = ({ columns }: ArrowBatches, name: string): boolean => columns.some((column) => column.name === name)
  const names = new Set([...before.columns, ...now.columns].map(({ name }) => name))
  const common: string[] = []
  for (const name of names) {
    const [a, b] = [has(before, name), has(now, name)]
    if (a && b) common.push(name)
    else note('all', name, a ? 'there' : 'not there', b ? 'there' : 'not there')
  }
  for await (const [a, b] of together(before, now)) {
    for (const name of common) {
      const [x, y] = [a.table.values(name), b.table.values(name)]
      for (let k = 0; k < a.count; k++)
        if (!same(x[a.from + k]!, y[b.from + k]!)) note(rowName(a.table, a.from + k), name, x[a.from + k], y[b.from + k])
    }
    if (differences.length >= MOST_DIFFERENCES) return differences
  }
  for (const key of new Set([...before.metadata.keys(), ...now.metadata.keys()])) {
    const [a, b] = [before.metadata.get(key), now.metadata.get(key)]
    if (a !== b) note('metadata', key, a, b)
  }
  return differences
}

/** Some rows of a batch. */
interface Piece {
  readonly table: ArrowTable
  readonly from: number
  readonly count: number
}

/** The rows that both tables have, as many at a time as lie in one batch of each. */
async function* together(before: ArrowBatches, now: ArrowBatches): AsyncGenerator<[Piece, Piece]> {
  const [a, b] = [new Cursor(before), new Cursor(now)]
  for (;;) {
    const [left, right] = [await a.left(), await b.left()]
    const count = Math.min(left, right)
    if (count === 0) return
    yield [a.take(count), b.take(count)]
  }
}

class Cursor {
  readonly #table: ArrowBatches
  #batch = -1
  #current: ArrowTable | undefined
  #at = 0

  constructor(table: ArrowBatches) {
    this.#table = table
  }

  /** Rows left of the batch; 0 at the end. */
  async left(): Promise<number> {
    while (!this.#current || this.#at >= this.#current.rows) {
      if (++this.#batch >= this.#table.sizes.length) return 0
      this.#current = await this.#table.read(this.#batch)
      this.#at = 0
    }
    return this.#current.rows - this.#at
  }

  take(count: number): Piece {
    const piece = { table: this.#current!, from: this.#at, count }
    this.#at += count
    return piece
  }
}

function same(a: ArrowValue, b: ArrowValue): boolean {
  if (!(a instanceof Float64Array && b instanceof Float64Array)) return Object.is(a, b)
  return a.length === b.length && a.every((value, k) => Object.is(value, b[k]))
}

/** The texts that a row begins with, which name it; its number where it has none. */
function rowName(table: ArrowTable, k: number): string {
  const texts = table.columns.filter(({ type }) => type === 'utf8').map(({ name }) => table.values(name)[k])
  return `${table.first + k}${texts.length > 0 ? ` (${texts.slice(0, 4).map(String).join(', ')})` : ''}`
}

function shown(value: unknown): string {
  const text = value instanceof Float64Array ? `[${value.join(', ')}]` : String(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
