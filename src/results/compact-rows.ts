import { manyRows } from '../analysis/rows-on-demand.ts'

/** Numbers of a chunk's rows. */
const ROWS_IN_CHUNK = 1024

/** Where the leaves of a row stand: the number of a column, or the members of a record or list. */
type Shape = number | { readonly names: readonly string[]; readonly members: readonly Shape[]; readonly isList: boolean }

type Kind = 'number' | 'string' | 'boolean'

/** Texts by their number. */
class Texts {
  readonly #texts: string[] = []
  readonly #numbers = new Map<string, number>()

  numberOf(text: string): number {
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.#texts.push(text) - 1
      this.#numbers.set(text, number)
    }
    return number
  }

  at(number: number): string {
    return this.#texts[number]!
  }
}

/** Rows with the same members, whose values are of the same kinds: eight bytes a value. */
class AlikeRows {
  length = 0
  readonly #texts: Texts
  readonly #shape: Shape
  /** Of each column; undefined as long as it has none but nulls. */
  readonly #kinds: (Kind | undefined)[] = []
  readonly #chunks: Float64Array[] = []

  constructor(first: object, texts: Texts) {
    this.#texts = texts
    this.#shape = this.#shapeOf(first)
  }

  /** @returns false for a row that is not alike */
  add(row: object): boolean {
    const width = this.#kinds.length
    const place = this.length % ROWS_IN_CHUNK
    if (this.length === ROWS_IN_CHUNK * this.#chunks.length) this.#chunks.push(new Float64Array(ROWS_IN_CHUNK * width))
    if (!this.#put(this.#shape, row, this.#chunks.at(-1)!, place * width)) return false
    this.length++
    return true
  }

  at(index: number): unknown {
    const width = this.#kinds.length
    return this.#take(this.#shape, this.#chunks[Math.floor(index / ROWS_IN_CHUNK)]!, (index % ROWS_IN_CHUNK) * width)
  }

  #shapeOf(value: unknown): Shape {
    if (typeof value !== 'object' || value === null) return this.#kinds.push(undefined) - 1
    const members = Object.values(value).map((member) => this.#shapeOf(member))
    return { names: Object.keys(value), members, isList: Array.isArray(value) }
  }

  #put(shape: Shape, value: unknown, cells: Float64Array, at: number): boolean {
    if (typeof shape === 'number') return this.#putLeaf(shape, value, cells, at + shape)
    if (typeof value !== 'object' || value === null || Array.isArray(value) !== shape.isList) return false
    let k = 0
    for (const name of Object.keys(value)) {
      if (name !== shape.names[k]) return false
      if (!this.#put(shape.members[k]!, (value as Record<string, unknown>)[name], cells, at)) return false
      k++
    }
    return k === shape.names.length
  }

  #putLeaf(column: number, value: unknown, cells: Float64Array, at: number): boolean {
    if (value === null) {
      cells[at] = Number.NaN
      return true
    }
    const kind = typeof value
    if (kind !== 'number' && kind !== 'string' && kind !== 'boolean') return false
    this.#kinds[column] ??= kind
    if (this.#kinds[column] !== kind) return false
    cells[at] = typeof value === 'string' ? this.#texts.numberOf(value) : Number(value)
    return true
  }

  #take(shape: Shape, cells: Float64Array, at: number): unknown {
    if (typeof shape === 'number') return this.#leaf(shape, cells[at + shape]!)
    const members = shape.members.map((member) => this.#take(member, cells, at))
    return shape.isList ? members : Object.fromEntries(shape.names.map((name, k) => [name, members[k]]))
  }

  #leaf(column: number, value: number): string | number | boolean | null {
    if (Number.isNaN(value)) return null
    const kind = this.#kinds[column]
    return kind === 'string' ? this.#texts.at(value) : kind === 'boolean' ? value === 1 : value
  }
}

/** Rows of more kinds than this are kept as they are. */
const MOST_KINDS = 32
/** Rows of one kind that may be held. */
const MOST_ALIKE = 1_099_511_627_776

/**
 * Rows of JSON held as numbers: texts by their number, true and false as 1 and 0, null as NaN, which JSON does not have. They are
 * made again when they are asked for.
 */
export class CompactRows<Row extends object> {
  readonly #texts = new Texts()
  readonly #alike: AlikeRows[] = []
  readonly #others: Row[] = []
  /** Of each row: which of `#alike` times `MOST_ALIKE`, and its number there; of others -1 - their number. */
  readonly #places: number[] = []

  add(row: Row): void {
    let k = this.#alike.findIndex((rows) => rows.add(row))
    if (k < 0 && this.#alike.length < MOST_KINDS) {
      const rows = new AlikeRows(row, this.#texts)
      if (rows.add(row)) k = this.#alike.push(rows) - 1
    }
    this.#places.push(k < 0 ? -this.#others.push(row) : k * MOST_ALIKE + this.#alike[k]!.length - 1)
  }

  /** All that were added, in their order. */
  rows(): readonly Row[] {
    return manyRows(this.#places.length, (index) => {
      const place = this.#places[index]!
      if (place < 0) return this.#others[-1 - place]!
      return this.#alike[Math.floor(place / MOST_ALIKE)]!.at(place % MOST_ALIKE) as Row
    })
  }
}
