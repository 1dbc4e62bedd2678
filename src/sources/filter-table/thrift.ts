// Thrift's compact protocol (thrift/doc/specs/thrift-compact-protocol.md), as Parquet's headers use it: structs of fields with a
// number and a type, whole numbers as zigzag varints. Every element takes at least a byte, so damage cannot make it loop.

/** A struct's fields by their numbers; doubles and maps are passed over. */
export type Struct = ReadonlyMap<number, Value>
export type Value = number | Uint8Array | Struct | readonly Value[]

export interface Cursor {
  readonly bytes: Uint8Array
  at: number
}

const DEEPEST = 32

/** Reads a struct and leaves the cursor behind it. @throws RangeError when it is damaged */
export function readStruct(cursor: Cursor, depth: number = 0): Struct {
  if (depth > DEEPEST) throw new RangeError('a header is nested too deeply')
  const struct = new Map<number, Value>()
  for (let field = 0; ; ) {
    const head = byteOf(cursor)
    if (head === 0) return struct
    field = head >> 4 === 0 ? zigzag(varint(cursor)) : field + (head >> 4)
    const value = readValue(cursor, head & 15, depth)
    if (value !== undefined) struct.set(field, value)
  }
}

function readValue(cursor: Cursor, type: number, depth: number): Value | undefined {
  switch (type) {
    case 1:
      return 1
    case 2:
      return 0
    case 3:
      return byteOf(cursor)
    case 4:
    case 5:
    case 6:
      return zigzag(varint(cursor))
    case 7:
      take(cursor, 8)
      return undefined
    case 8:
      return take(cursor, varint(cursor))
    case 9:
    case 10: {
      const head = byteOf(cursor)
      const count = head >> 4 === 15 ? varint(cursor) : head >> 4
      const list: Value[] = []
      // In a list a truth value is a byte of its own.
      for (let k = 0; k < count; k++) {
        const value = (head & 15) <= 2 ? byteOf(cursor) : readValue(cursor, head & 15, depth + 1)
        if (value !== undefined) list.push(value)
      }
      return list
    }
    case 11: {
      const count = varint(cursor)
      const types = count === 0 ? 0 : byteOf(cursor)
      for (let k = 0; k < count; k++)
        for (const part of [types >> 4, types & 15]) part <= 2 ? byteOf(cursor) : readValue(cursor, part, depth + 1)
      return undefined
    }
    case 12:
      return readStruct(cursor, depth + 1)
    default:
      throw new RangeError(`a header holds a value of type ${type}`)
  }
}

/** A number of a struct that counts something. @throws RangeError when it is absent or negative */
export function countOf(struct: Struct, field: number, otherwise?: number): number {
  const value = struct.get(field) ?? otherwise
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`field ${field} of a header is damaged`)
  return value
}

/** @throws RangeError when it is absent or no struct */
export function structOf(struct: Struct, field: number): Struct {
  const value = struct.get(field)
  if (!(value instanceof Map)) throw new RangeError(`field ${field} of a header is damaged`)
  return value
}

/** The structs of a list; none when it is absent. @throws RangeError when it holds anything else */
export function structsOf(struct: Struct, field: number): Struct[] {
  const list = struct.get(field) ?? []
  if (!Array.isArray(list) || !list.every((item) => item instanceof Map))
    throw new RangeError(`field ${field} of a header is damaged`)
  return list as Struct[]
}

/** A text, or undefined when it is absent. @throws RangeError when it is anything else */
export function textOf(value: Value | undefined): string | undefined {
  if (value === undefined) return undefined
  if (!(value instanceof Uint8Array)) throw new RangeError('a name in a header is damaged')
  return new TextDecoder().decode(value)
}

function byteOf(cursor: Cursor): number {
  if (cursor.at >= cursor.bytes.length) throw new RangeError('a header ends early')
  return cursor.bytes[cursor.at++]!
}

function take(cursor: Cursor, length: number): Uint8Array {
  if (length > cursor.bytes.length - cursor.at) throw new RangeError('a header ends early')
  cursor.at += length
  return cursor.bytes.subarray(cursor.at - length, cursor.at)
}

function varint(cursor: Cursor): number {
  let value = 0
  for (let unit = 1, byte = 128; byte >= 128; unit *= 128) {
    if (unit > Number.MAX_SAFE_INTEGER * 1024) throw new RangeError('a number in a header is too long')
    byte = byteOf(cursor)
    value += (byte & 127) * unit
  }
  return value
}

const zigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2)
