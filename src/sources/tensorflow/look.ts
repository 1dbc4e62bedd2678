import type { RandomAccess } from '../../io/random-access.ts'
import { WireCursor } from '../protobuf/wire.ts'

const MOST_FIELDS = 10_000
/** The end of a LevelDB table, whose footer has 48 bytes. */
const MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]
const FOOTER_BYTES = 48

/** True for a file that ends as a LevelDB table does. */
export async function isTable(access: RandomAccess): Promise<boolean> {
  if (access.byteLength < FOOTER_BYTES) return false
  const end = await access.read(access.byteLength - MAGIC.length, MAGIC.length)
  return MAGIC.every((byte, k) => end[k] === byte)
}

/**
 * True for a SavedModel: the schema's version, 1, and graphs, to the file's end. Models of other kinds begin with the same
 * bytes (Core ML, ONNX), but hold other fields behind, or something else in the first.
 */
export async function looksLikeSavedModel(head: Uint8Array, access: RandomAccess): Promise<boolean> {
  if (head[0] !== 0x08 || head[1] !== 0x01 || head[2] !== 0x12) return false
  const graph = new Bytes(head, 3)
  const length = graph.varint()
  // A MetaGraphDef begins with facts about it; cut short it still counts when that begins with the list of operators.
  if (length > 0 && graph.byte() !== 0x0a) return false
  graph.varint()
  if (graph.byte() === 0x12 && graph.at + length > access.byteLength) return true
  const c = new WireCursor(access)
  for (let fields = 0; c.position < access.byteLength && fields < MOST_FIELDS; fields++) {
    const at = c.position
    await c.load()
    if (at + 1 >= access.byteLength) return false
    const tag = c.varint()
    if (tag === 0x08) {
      if (c.varint() !== 1) return false
    } else if (tag === 0x12) {
      const size = c.varint()
      c.position += size
      if (c.position > access.byteLength) return false
    } else return false
  }
  return c.position === access.byteLength
}

/** True for a GraphDef: its first field is a node, with a name and an operator. */
export function looksLikeGraph(head: Uint8Array): boolean {
  if (head[0] !== 0x0a) return false
  const node = new Bytes(head, 1)
  const length = node.varint()
  const end = node.at + length
  const name = node.text(0x0a)
  const operator = name === undefined || node.at >= end ? undefined : node.text(0x12)
  return operator !== undefined && /^[A-Z_][A-Za-z0-9_.>/-]*$/.test(operator) && node.at <= end
}

/** Reads the beginning of a message out of a file's first bytes; what lies beyond them is NaN. */
class Bytes {
  readonly #bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  byte(): number {
    return this.#bytes[this.at++] ?? Number.NaN
  }

  varint(): number {
    let value = 0
    for (let k = 0, factor = 1; k < 7; k++, factor *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (!(byte >= 0x80)) return Number.isNaN(byte) ? Number.NaN : value
    }
    return Number.NaN
  }

  /** The text of a field with this tag; undefined when another field stands there. */
  text(tag: number): string | undefined {
    if (this.byte() !== tag) return undefined
    const length = this.varint()
    if (!(length > 0 && length < 1024) || this.at + length > this.#bytes.length) return undefined
    const bytes = this.#bytes.subarray(this.at, this.at + length)
    this.at += length
    return bytes.every((byte) => byte >= 0x20) ? new TextDecoder().decode(bytes) : undefined
  }
}
