import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import { countOf, readStruct, type Struct, structOf, structsOf, textOf } from './thrift.ts'

// parquet-format/src/main/thrift/parquet.thrift. Fields by number:
//
//   FileMetaData    2 schema  4 row groups  6 created by
//   SchemaElement   1 type  3 repetition  4 name  5 number of children (they follow, depth first)
//   RowGroup        1 columns  3 rows
//   ColumnChunk     3 metadata: 3 path  4 codec  5 values  7 packed size  9 first data page  11 dictionary page

/** A column of the schema, or a part of one. */
export interface SchemaNode {
  readonly name: string
  /** Number of the physical type: 1 INT32, 2 INT64, 4 FLOAT, 5 DOUBLE, 6 BYTE_ARRAY; undefined for a group. */
  readonly type: number | undefined
  /** 0 required, 1 optional, 2 repeated. */
  readonly repetition: number
  readonly children: readonly SchemaNode[]
}

export interface ChunkPlace {
  readonly path: readonly string[]
  readonly codec: number
  readonly values: number
  /** First byte of its first page. */
  readonly start: number
  readonly byteLength: number
}

export interface Footer {
  readonly columns: readonly SchemaNode[]
  /** Those with a row. */
  readonly groups: readonly { readonly rows: number; readonly chunks: readonly ChunkPlace[] }[]
  readonly createdBy: string | undefined
}

const MAGIC = 0x50415231
const LARGEST_FOOTER = 1 << 26
const DEEPEST = 32

/** True for the first bytes of a Parquet file. */
export function looksLikeParquet(head: Uint8Array): boolean {
  return head.length >= 4 && new DataView(head.buffer, head.byteOffset).getUint32(0) === MAGIC
}

/** @throws InputError when the file is cut short or its footer damaged */
export async function readFooter(access: RandomAccess): Promise<Footer> {
  const { name, byteLength } = access
  const broken = (what: string): InputError =>
    new InputError(name, `Parquet: ${what}; the file is cut short or damaged, get it again`)
  if (byteLength < 12) throw broken(`it has only ${byteLength} bytes`)
  const tail = await access.read(byteLength - 8, 8)
  const view = new DataView(tail.buffer, tail.byteOffset, 8)
  if (view.getUint32(4) !== MAGIC) throw broken('its end mark is missing')
  const length = view.getUint32(0, true)
  if (length > byteLength - 12 || length > LARGEST_FOOTER) throw broken(`its footer cannot have ${length} bytes`)
  try {
    const footer = readStruct({ bytes: await access.read(byteLength - 8 - length, length), at: 0 })
    const elements = structsOf(footer, 2)
    const cursor = { next: 0 }
    const { children } = readNode(elements, cursor, 0)
    if (cursor.next !== elements.length) throw new RangeError('its schema does not add up')
    const groups = structsOf(footer, 4).map((group) => ({
      rows: countOf(group, 3),
      chunks: structsOf(group, 1).flatMap(readChunk),
    }))
    return { columns: children, groups: groups.filter(({ rows }) => rows > 0), createdBy: textOf(footer.get(6)) }
  } catch (error) {
    if (error instanceof InputError) throw error
    throw broken(`its footer cannot be read (${error instanceof Error ? error.message : String(error)})`)
  }
}

function readNode(elements: readonly Struct[], cursor: { next: number }, depth: number): SchemaNode {
  const element = elements[cursor.next++]
  if (!element || depth > DEEPEST) throw new RangeError('its schema does not add up')
  const name = textOf(element.get(4))
  if (name === undefined) throw new RangeError('a column has no name')
  const count = countOf(element, 5, 0)
  const children: SchemaNode[] = []
  for (let k = 0; k < count; k++) children.push(readNode(elements, cursor, depth + 1))
  return { name, type: count > 0 ? undefined : countOf(element, 1, 0), repetition: countOf(element, 3, 0), children }
}

function readChunk(chunk: Struct): ChunkPlace[] {
  if (!chunk.has(3)) return []
  const about = structOf(chunk, 3)
  const path = about.get(3)
  if (!Array.isArray(path)) throw new RangeError('a column chunk has no path')
  const data = countOf(about, 9)
  // Some writers give 0 for "no dictionary".
  const dictionary = countOf(about, 11, 0)
  return [
    {
      path: path.map((part) => textOf(part) ?? ''),
      codec: countOf(about, 4),
      values: countOf(about, 5),
      start: dictionary > 0 ? Math.min(dictionary, data) : data,
      byteLength: countOf(about, 7),
    },
  ]
}
