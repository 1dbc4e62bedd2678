/**
 * A table inside a FlatBuffer, the encoding of the headers in Arrow files. Every access is checked against the end of
 * the bytes (DataView throws a RangeError), and lists and texts may not come to much more than there are bytes: many
 * references to one place, nested a few times, would otherwise be endless. So a damaged or hostile header cannot make a
 * reader loop or allocate.
 *
 *     table:  i32 distance back to the vtable | fields …
 *     vtable: u16 its size | u16 the table's size | u16 offset of field 0 in the table (0 = absent) | …
 */
export interface FlatTable {
  readonly view: DataView
  readonly at: number
  /** Bytes of lists and texts that may still be taken from this buffer, shared by all its tables. */
  readonly budget: { left: number }
}

/** How often every byte of a buffer may be taken: writers that share a text among tables stay far below it. */
const TIMES_TAKEN = 16
const LEAST_BUDGET = 1 << 16

/** The root table of a buffer. */
export function rootTable(bytes: Uint8Array): FlatTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { view, at: view.getUint32(0, true), budget: { left: Math.max(LEAST_BUDGET, TIMES_TAKEN * bytes.length) } }
}

/** Where field `index` lies, or 0 when it is absent and has its default value. */
function fieldAt({ view, at }: FlatTable, index: number): number {
  const vtable = at - view.getInt32(at, true)
  const slot = 4 + 2 * index
  if (slot >= view.getUint16(vtable, true)) return 0
  const offset = view.getUint16(vtable + slot, true)
  return offset === 0 ? 0 : at + offset
}

export function int8Field(table: FlatTable, index: number, otherwise: number = 0): number {
  const at = fieldAt(table, index)
  return at === 0 ? otherwise : table.view.getUint8(at)
}

export function int16Field(table: FlatTable, index: number, otherwise: number = 0): number {
  const at = fieldAt(table, index)
  return at === 0 ? otherwise : table.view.getInt16(at, true)
}

export function int32Field(table: FlatTable, index: number, otherwise: number = 0): number {
  const at = fieldAt(table, index)
  return at === 0 ? otherwise : table.view.getInt32(at, true)
}

/** @throws RangeError when the number is negative or beyond 2^53 */
export function int64Field(table: FlatTable, index: number): number {
  const at = fieldAt(table, index)
  return at === 0 ? 0 : count64(table.view, at)
}

export function tableField(table: FlatTable, index: number): FlatTable | undefined {
  const at = fieldAt(table, index)
  return at === 0 ? undefined : { ...table, at: at + table.view.getUint32(at, true) }
}

export function stringField(table: FlatTable, index: number): string | undefined {
  const vector = vectorField(table, index, 1)
  if (!vector) return undefined
  return new TextDecoder().decode(new Uint8Array(table.view.buffer, table.view.byteOffset + vector.at, vector.length))
}

export function tablesField(table: FlatTable, index: number): FlatTable[] {
  const vector = vectorField(table, index, 4)
  if (!vector) return []
  return Array.from({ length: vector.length }, (_, k) => {
    const at = vector.at + 4 * k
    return { ...table, at: at + table.view.getUint32(at, true) }
  })
}

/** Positions of the structs of a vector of structs. */
export function structsField(table: FlatTable, index: number, size: number): number[] {
  const vector = vectorField(table, index, size)
  return vector ? Array.from({ length: vector.length }, (_, k) => vector.at + size * k) : []
}

/** A 64-bit integer that counts something. @throws RangeError when it is negative or beyond 2^53 */
export function count64(view: DataView, at: number): number {
  const value = view.getBigInt64(at, true)
  if (value < 0n || value > 9007199254740991n) throw new RangeError(`${value} is not a possible size or position`)
  return Number(value)
}

/** Where a vector's entries begin and how many there are; undefined when it is absent. `size` is the bytes of an entry. */
export function vectorField(table: FlatTable, index: number, size: number): { at: number; length: number } | undefined {
  const field = fieldAt(table, index)
  if (field === 0) return undefined
  const at = field + table.view.getUint32(field, true)
  const length = table.view.getUint32(at, true)
  if (at + 4 + length * size > table.view.byteLength) throw new RangeError(`a list of ${length} entries runs over its end`)
  table.budget.left -= length * size
  if (table.budget.left < 0) throw new RangeError('its lists and texts take more bytes than it has; it is hostile')
  return { at: at + 4, length }
}
