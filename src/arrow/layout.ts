import { InputError } from '../errors.ts'
import type { RandomAccess } from '../io/random-access.ts'
import {
  count64,
  type FlatTable,
  int8Field,
  int16Field,
  int32Field,
  int64Field,
  rootTable,
  stringField,
  structsField,
  tableField,
  tablesField,
} from './flatbuffer.ts'

/** The types that filterlens writes; any other is 'other'. */
export type ArrowType = 'bool' | 'int32' | 'int64' | 'float32' | 'float64' | 'utf8' | 'list' | 'fixed_size_list' | 'other'

export interface ArrowField {
  readonly name: string
  readonly type: ArrowType
  /** Entries per value of a fixed_size_list. */
  readonly listSize: number
  readonly children: readonly ArrowField[]
}

/** A record batch: how many rows, and where in the file its buffers lie. */
export interface ArrowBatch {
  readonly rows: number
  readonly nodes: readonly { readonly length: number; readonly nulls: number }[]
  /** `offset` counts from the file's first byte. */
  readonly buffers: readonly { readonly offset: number; readonly length: number }[]
}

/** What the header and footer of an Arrow IPC file say; no data is read. */
export interface ArrowLayout {
  readonly fields: readonly ArrowField[]
  readonly metadata: ReadonlyMap<string, string>
  readonly batches: readonly ArrowBatch[]
}

/*
 *   "ARROW1\0\0" | schema message | batch: metadata, body | batch … | end mark | footer | i32 footer length | "ARROW1"
 */
const MAGIC = 'ARROW1'
const LARGEST_HEADER = 64 << 20 // bytes; a footer holds 24 bytes a batch
const DEEPEST_FIELD = 8

/** True for the first bytes of an Arrow IPC file. */
export function isArrowFile(head: Uint8Array): boolean {
  return head.length >= 8 && [...MAGIC].every((c, k) => head[k] === c.charCodeAt(0))
}

/**
 * Reads the footer and each batch's metadata, and checks every range against the file.
 * @throws InputError when the file is cut, damaged, or no Arrow IPC file
 */
export async function readArrowLayout(access: RandomAccess): Promise<ArrowLayout> {
  const damaged = (what: string, cause?: unknown): never => {
    throw new InputError(access.name, `Arrow: ${what}; the file is cut short or damaged, write or get it again`, { cause })
  }
  const size = access.byteLength
  if (size < 20 || !isArrowFile(await access.read(0, 8))) throw new InputError(access.name, 'is not an Arrow IPC file')
  const tail = await access.read(size - 10, 10)
  if (!isArrowFile(new Uint8Array([...tail.subarray(4), 0, 0]))) damaged('its end mark is missing')
  const length = new DataView(tail.buffer, tail.byteOffset).getInt32(0, true)
  if (length <= 0 || length > size - 18 || length > LARGEST_HEADER) damaged(`its footer cannot have ${length} bytes`)
  const footerBytes = await access.read(size - 10 - length, length)
  try {
    const footer = rootTable(footerBytes)
    const schema = tableField(footer, 1)
    if (!schema) throw new RangeError('its footer has no schema')
    if (int16Field(schema, 0) !== 0) throw new RangeError('it is big-endian')
    if (structsField(footer, 2, 24).length > 0) throw new RangeError('dictionaries are not supported')
    const fields = tablesField(schema, 1).map((field) => readField(field, 0))
    const metadata = new Map(
      tablesField(schema, 2).map((pair) => [stringField(pair, 0) ?? '', stringField(pair, 1) ?? ''] as const),
    )
    const batches: ArrowBatch[] = []
    let taken = 0
    for (const at of structsField(footer, 3, 24)) {
      const offset = count64(footer.view, at)
      const metaLength = footer.view.getInt32(at + 8, true)
      const bodyLength = count64(footer.view, at + 16)
      if (metaLength < 8 || metaLength > LARGEST_HEADER || offset + metaLength + bodyLength > size - 10 - length) {
        throw new RangeError(`batch ${batches.length} lies outside the file`)
      }
      taken += metaLength + bodyLength
      if (taken > size) throw new RangeError('its batches share bytes')
      batches.push(readBatch(await access.read(offset, metaLength), offset + metaLength, bodyLength))
    }
    return { fields, metadata, batches }
  } catch (error) {
    if (error instanceof InputError) throw error
    return damaged(error instanceof Error ? error.message : String(error), error)
  }
}

function readField(field: FlatTable, depth: number): ArrowField {
  if (depth > DEEPEST_FIELD) throw new RangeError('its columns are nested too deeply')
  const type = tableField(field, 3)
  const children = tablesField(field, 5).map((child) => readField(child, depth + 1))
  const made = (name: ArrowType, listSize = 0): ArrowField => ({
    name: stringField(field, 0) ?? '',
    type: name,
    listSize,
    children,
  })
  if (!type || tableField(field, 4)) return made('other') // a dictionary
  switch (int8Field(field, 2)) {
    case 2: {
      const bits = int32Field(type, 0)
      return made(int8Field(type, 1) === 1 && (bits === 32 || bits === 64) ? (`int${bits}` as ArrowType) : 'other')
    }
    case 3:
      return made((['other', 'float32', 'float64'] as const)[int16Field(type, 0)] ?? 'other')
    case 5:
      return made('utf8')
    case 6:
      return made('bool')
    case 12:
      return made('list')
    case 16:
      return made('fixed_size_list', int32Field(type, 0))
    default:
      return made('other')
  }
}

/** An encapsulated message: -1 as i32, the length of the FlatBuffer as i32, the FlatBuffer, padding. */
function readBatch(bytes: Uint8Array, bodyStart: number, bodyLength: number): ArrowBatch {
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = head.getInt32(0, true) === -1 ? 8 : 4
  const message = rootTable(bytes.subarray(start))
  const header = tableField(message, 2)
  if (int8Field(message, 1) !== 3 || !header) throw new RangeError('a record batch is announced where there is none')
  if (tableField(header, 3)) throw new RangeError('compressed batches are not supported')
  const nodes = structsField(header, 1, 16).map((at) => ({
    length: count64(message.view, at),
    nulls: count64(message.view, at + 8),
  }))
  let taken = 0
  const buffers = structsField(header, 2, 16).map((at) => {
    const offset = count64(message.view, at)
    const length = count64(message.view, at + 8)
    if (offset + length > bodyLength) throw new RangeError('a column lies outside its batch')
    taken += length
    return { offset: bodyStart + offset, length }
  })
  // Columns that lie on one another: a small file that would fill the memory.
  if (taken > bodyLength) throw new RangeError('its columns share bytes')
  return { rows: int64Field(header, 0), nodes, buffers }
}
