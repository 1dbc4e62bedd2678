import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import {
  ARROW_TYPE,
  type ArrowMessages,
  type Batch,
  type BatchPlace,
  type ColumnType,
  isArrowFile,
  placesOf,
  readMessages,
} from './messages.ts'

/** The types that filterlens writes; any other is 'other'. */
export type ArrowType = 'bool' | 'int32' | 'int64' | 'float32' | 'float64' | 'utf8' | 'list' | 'fixed_size_list' | 'other'

/** A small Arrow file read into arrays, a column at a time. */
export interface ArrowTable {
  /** As in messages. */
  readonly name: string
  readonly rows: number
  /** Number of the first row in its file: 0 but for a batch. */
  readonly first: number
  readonly columns: readonly { readonly name: string; readonly type: ArrowType }[]
  readonly metadata: ReadonlyMap<string, string>
  /** @throws InputError when there is no such column, or it holds something else or a null that is not expected */
  texts(name: string): string[]
  numbers(name: string): number[]
  optionalTexts(name: string): (string | null)[]
  optionalNumbers(name: string): (number | null)[]
  lists(name: string): Float64Array[]
  /** Any column, as it is. */
  values(name: string): readonly ArrowValue[]
}

export type ArrowValue = string | number | boolean | null | Float64Array

const LARGEST_TABLE = 1 << 30 // bytes of one batch; filterlens writes batches of a few megabytes

/** The type of a column in words. */
export function typeOf({ type, size, signed, dictionary }: ColumnType): ArrowType {
  if (dictionary) return 'other'
  if (type === ARROW_TYPE.int && signed) return size === 32 ? 'int32' : size === 64 ? 'int64' : 'other'
  if (type === ARROW_TYPE.float) return size === 1 ? 'float32' : size === 2 ? 'float64' : 'other'
  if (type === ARROW_TYPE.utf8) return 'utf8'
  if (type === ARROW_TYPE.bool) return 'bool'
  if (type === ARROW_TYPE.list) return 'list'
  return type === ARROW_TYPE.fixedSizeList ? 'fixed_size_list' : 'other'
}

/**
 * The messages of a file as filterlens writes it: neither compressed nor with dictionaries, and no two columns on the same bytes.
 * @throws InputError when it is another kind of file, cut or damaged
 */
export async function readPlainFile(access: RandomAccess): Promise<ArrowMessages> {
  if (access.byteLength < 20 || !isArrowFile(await access.read(0, 8)))
    throw new InputError(access.name, 'is not an Arrow IPC file')
  const messages = await readMessages(access)
  const fail = (what: string): never => {
    throw new InputError(access.name, `Arrow: ${what}; the file is damaged or none of filterlens, write it again`)
  }
  let taken = 0
  for (const { buffers, unpacked, dictionaries } of messages.batches) {
    if (unpacked) fail('its batches are compressed')
    if (dictionaries.size > 0) fail('it has dictionaries')
    for (const { length } of buffers) taken += length
  }
  // A small file whose columns lie on one another would fill the memory.
  if (taken > access.byteLength) fail('its columns share bytes')
  return messages
}

/** A table that is read batch by batch: what is held is one batch, however many there are. */
export interface ArrowBatches {
  /** As in messages. */
  readonly name: string
  /** Of all batches. */
  readonly rows: number
  readonly columns: ArrowTable['columns']
  readonly metadata: ReadonlyMap<string, string>
  /** Rows of each batch, in order. */
  readonly sizes: readonly number[]
  /**
   * A batch as a table of its own, whose columns are decoded when they are asked for. Only the bytes between the first and the
   * last column of `names` are read; default: all.
   * @throws InputError when the batch is damaged, or one of the columns is missing
   */
  read(batch: number, names?: readonly string[]): Promise<ArrowTable>
}

/**
 * Opens a table that filterlens wrote (plain columns, lists of float64). Every offset and length is checked before it
 * is used.
 * @throws InputError when the file is cut or damaged
 */
export async function openArrowBatches(access: RandomAccess): Promise<ArrowBatches> {
  const { columns: fields, metadata, batches } = await readPlainFile(access)
  const columns = fields.map((field) => ({ name: field.name, type: typeOf(field) }))
  const starts = startsOf(batches)
  return {
    name: access.name,
    rows: batches.reduce((n, batch) => n + batch.rows, 0),
    columns,
    metadata,
    sizes: batches.map(({ rows }) => rows),
    async read(index, names) {
      const batch = batches[index]!
      const places = placesOf(fields, batch)
      const wanted = new Set(names?.map((name) => indexOf(fields, name, access.name)))
      const own = fields.flatMap((field, k) =>
        names && !wanted.has(k)
          ? []
          : buffersOf(batch, places[k]!.buffer, places[k + 1]?.buffer ?? batch.buffers.length, field, access.name),
      )
      const start = own.reduce((least, { offset }) => Math.min(least, offset), Infinity)
      const end = own.reduce((most, { offset, length }) => Math.max(most, offset + length), 0)
      if (end - start > LARGEST_TABLE)
        throw new InputError(access.name, `Arrow: a batch of ${end - start} bytes is no table of filterlens`)
      const body = end > start ? await access.read(start, end - start) : new Uint8Array(0)
      const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
      const kept = new Map<number, readonly ArrowValue[]>()
      const values = (name: string): readonly ArrowValue[] => {
        const k = indexOf(fields, name, access.name)
        const before = kept.get(k)
        if (before) return before
        if (names && !wanted.has(k)) throw new RangeError(`column ${name} was not asked for`)
        const found = decodeWhole(fields[k]!, batch, { ...places[k]! }, view, end > start ? start : 0, access.name)
        kept.set(k, found)
        return found
      }
      return tableOf({ name: access.name, rows: batch.rows, first: starts[index]!, columns, metadata, values })
    },
  }
}

/** The row at which each batch begins. */
function startsOf(batches: readonly Batch[]): number[] {
  let next = 0
  return batches.map(({ rows }) => {
    const first = next
    next += rows
    return first
  })
}

function indexOf(fields: readonly ColumnType[], name: string, file: string): number {
  const k = fields.findIndex((field) => field.name === name)
  if (k < 0) throw new InputError(file, `has no column ${name}; it is no table of this kind`)
  return k
}

function buffersOf(batch: Batch, from: number, to: number, { name }: ColumnType, file: string): Batch['buffers'] {
  if (to > batch.buffers.length)
    throw new InputError(file, `Arrow: column ${name} is missing from a batch; the file is damaged, write or get it again`)
  return batch.buffers.slice(from, to).filter(({ length }) => length > 0)
}

function decodeWhole(
  field: ColumnType,
  batch: Batch,
  cursor: Cursor,
  view: DataView,
  start: number,
  file: string,
): readonly ArrowValue[] {
  try {
    const values = decodeColumn(field, batch, cursor, view, start)
    if (values.length !== batch.rows) throw new RangeError(`column ${field.name} has ${values.length} rows, not ${batch.rows}`)
    return values
  } catch (error) {
    if (error instanceof InputError) throw error
    const problem = `Arrow: ${error instanceof Error ? error.message : String(error)}; the file is damaged, write or get it again`
    throw new InputError(file, problem, { cause: error })
  }
}

/**
 * Reads a whole table that filterlens wrote into memory.
 * @throws InputError when the file is cut or damaged, or holds columns of other types
 */
export async function readArrowTable(access: RandomAccess): Promise<ArrowTable> {
  const { sizes, read, ...whole } = await openArrowBatches(access)
  const columns = new Map<string, ArrowValue[]>(whole.columns.map(({ name }) => [name, []]))
  for (let k = 0; k < sizes.length; k++) {
    const batch = await read(k)
    for (const { name } of whole.columns) {
      const column = columns.get(name)!
      for (const value of batch.values(name)) column.push(value)
    }
  }
  const values = (name: string): readonly ArrowValue[] => {
    const column = columns.get(name)
    if (!column) throw new InputError(access.name, `has no column ${name}; it is no table of this kind`)
    return column
  }
  return tableOf({ ...whole, first: 0, values })
}

/** The checks that a table makes of its values. */
function tableOf(plain: Pick<ArrowTable, 'name' | 'rows' | 'first' | 'columns' | 'metadata' | 'values'>): ArrowTable {
  const { name: file, first, values } = plain
  const typed = <T extends ArrowValue>(name: string, is: (value: ArrowValue) => boolean, what: string): T[] => {
    const column = values(name)
    const bad = column.findIndex((value) => !is(value))
    if (bad < 0) return column as T[]
    throw new InputError(file, `column ${name}, row ${first + bad}: ${String(column[bad]).slice(0, 40)} is not ${what}`)
  }
  const text = (value: ArrowValue): boolean => typeof value === 'string'
  const number = (value: ArrowValue): boolean => typeof value === 'number'
  return {
    ...plain,
    texts: (name) => typed(name, text, 'a text'),
    numbers: (name) => typed(name, number, 'a number'),
    optionalTexts: (name) => typed(name, (v) => v === null || text(v), 'a text'),
    optionalNumbers: (name) => typed(name, (v) => v === null || number(v), 'a number'),
    lists: (name) => typed(name, (v) => v instanceof Float64Array, 'a list of numbers'),
  }
}

type Cursor = Pick<BatchPlace, 'node' | 'buffer'>

/** A copy of `count` doubles of a batch, where they may begin at any byte. */
function doublesAt(body: DataView, at: number, count: number): Float64Array {
  const values = new Float64Array(count)
  new Uint8Array(values.buffer).set(new Uint8Array(body.buffer, body.byteOffset + at, 8 * count))
  return values
}

/** Takes the nodes and buffers of one column from a batch, in the order in which Arrow lays them. */
function decodeColumn(field: ColumnType, batch: Batch, cursor: Cursor, body: DataView, start: number): ArrowValue[] {
  const node = batch.nodes[cursor.node++]
  if (!node) throw new RangeError(`column ${field.name} is missing from a batch`)
  const buffer = (needed: number): number => {
    const region = batch.buffers[cursor.buffer++]
    if (!region || region.length < needed) throw new RangeError(`column ${field.name} is shorter than its ${node.length} rows`)
    return region.offset - start
  }
  const { length } = node
  const validAt = buffer(node.nulls > 0 ? (length + 7) >> 3 : 0)
  const isNull = (k: number): boolean => node.nulls > 0 && (body.getUint8(validAt + (k >> 3)) & (1 << (k & 7))) === 0
  const each = <T extends ArrowValue>(read: (k: number) => T): ArrowValue[] => {
    const out: ArrowValue[] = []
    for (let k = 0; k < length; k++) out.push(isNull(k) ? null : read(k))
    return out
  }
  /** The ends of texts or lists: 32-bit, never falling, within `limit`. */
  const bounds = (at: number, k: number, limit: number): [number, number] => {
    const from = body.getInt32(at + 4 * k, true)
    const to = body.getInt32(at + 4 * k + 4, true)
    if (from < 0 || to < from || to > limit)
      throw new RangeError(`column ${field.name}, row ${k}: bytes ${from} to ${to} of ${limit}`)
    return [from, to]
  }
  switch (typeOf(field)) {
    case 'bool': {
      const at = buffer((length + 7) >> 3)
      return each((k) => (body.getUint8(at + (k >> 3)) & (1 << (k & 7))) !== 0)
    }
    case 'int32': {
      const at = buffer(4 * length)
      return each((k) => body.getInt32(at + 4 * k, true))
    }
    case 'int64': {
      const at = buffer(8 * length)
      return each((k) => {
        const value = Number(body.getBigInt64(at + 8 * k, true))
        if (!Number.isSafeInteger(value)) throw new RangeError(`column ${field.name}, row ${k}: ${value} is beyond 2^53`)
        return value
      })
    }
    case 'float64': {
      const at = buffer(8 * length)
      return each((k) => body.getFloat64(at + 8 * k, true))
    }
    case 'utf8': {
      const at = buffer(length === 0 ? 0 : 4 * (length + 1))
      const limit = batch.buffers[cursor.buffer]?.length ?? 0
      const data = buffer(0)
      const decoder = new TextDecoder()
      return each((k) => {
        const [from, to] = bounds(at, k, limit)
        return decoder.decode(new Uint8Array(body.buffer, body.byteOffset + data + from, to - from))
      })
    }
    case 'list': {
      const child = field.children[0]
      if (field.children.length !== 1 || !child || typeOf(child) !== 'float64') break
      const at = buffer(length === 0 ? 0 : 4 * (length + 1))
      const inner = batch.nodes[cursor.node]
      if (inner && inner.nulls > 0) throw new RangeError(`column ${field.name} has a list with a null in it`)
      cursor.node++
      buffer(0)
      const count = inner?.length ?? 0
      const values = doublesAt(body, buffer(8 * count), count)
      return each((k) => {
        const [from, to] = bounds(at, k, count)
        return values.subarray(from, to)
      })
    }
  }
  throw new RangeError(`column ${field.name} has a type that filterlens does not write`)
}
