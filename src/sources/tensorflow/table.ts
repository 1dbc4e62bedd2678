import { snappy } from '../../codecs/snappy.ts'
import { InputError } from '../../errors.ts'
import { createCrc } from '../../io/crc32.ts'
import type { RandomAccess } from '../../io/random-access.ts'

// LevelDB's table format, in which TensorFlow keeps the index of a checkpoint (leveldb/doc/table_format.md;
// tensorflow/core/lib/io/table_format.txt):
//
//   data blocks … | metaindex block | index block | footer
//   footer   handle of the metaindex block, handle of the index block (two varints each), zeros up to 40 bytes, 8 bytes of magic
//   block    entries | restarts (4 bytes each) | number of restarts (4 bytes)    then 1 byte compression, 4 bytes masked CRC-32C
//   entry    shared, not shared, value length (varints) | the key's end | the value

const FOOTER_BYTES = 48
const TRAILER_BYTES = 5
const LARGEST_BLOCK = 1 << 26
const LARGEST_TABLE = 1 << 28
const MOST_ENTRIES = 1_000_000

/** An entry of a table: any bytes under any bytes. */
export interface TableEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/**
 * The entries of a table in its order, block by block; every block's CRC is checked.
 * @throws InputError when it is damaged, or larger than any index of a checkpoint
 */
export async function* tableEntries(access: RandomAccess): AsyncGenerator<TableEntry, void, undefined> {
  if (access.byteLength > LARGEST_TABLE)
    throw new InputError(access.name, `is a table of ${access.byteLength} bytes, more than any index of a checkpoint has`)
  const footer = await access.read(access.byteLength - FOOTER_BYTES, FOOTER_BYTES)
  const handles = new BlockReader(access.name, footer)
  handles.varint()
  handles.varint()
  const index = { start: handles.varint(), length: handles.varint() }
  let entries = 0
  for (const { value } of entriesOf(access.name, await readBlock(access, index.start, index.length))) {
    const handle = new BlockReader(access.name, value)
    const block = await readBlock(access, handle.varint(), handle.varint())
    for (const entry of entriesOf(access.name, block)) {
      if (++entries > MOST_ENTRIES) throw new InputError(access.name, `lists more than ${MOST_ENTRIES} entries; it is damaged`)
      yield entry
    }
  }
}

async function readBlock(access: RandomAccess, start: number, length: number): Promise<Uint8Array> {
  if (length > LARGEST_BLOCK || start + length + TRAILER_BYTES > access.byteLength)
    throw new InputError(
      access.name,
      `is damaged: a block should lie at bytes ${start} to ${start + length}, and the file has ${access.byteLength}; get it again`,
    )
  const bytes = await access.read(start, length + TRAILER_BYTES)
  const stated = unmasked(new DataView(bytes.buffer, bytes.byteOffset + length + 1, 4).getUint32(0, true))
  const crc = await createCrc('CRC-32C')
  crc.update(bytes.subarray(0, length + 1))
  if (crc.value() !== stated)
    throw new InputError(access.name, `is damaged: the block at byte ${start} does not have the CRC that it states; get it again`)
  const content = bytes.subarray(0, length)
  const compression = bytes[length]!
  if (compression === 0) return content
  if (compression !== 1)
    throw new InputError(access.name, `holds a block of compression ${compression}, and only plain ones and Snappy are known`)
  try {
    return snappy(content, statedLength(access.name, content))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new InputError(access.name, `is damaged: its block at byte ${start} cannot be unpacked (${error.message})`, {
      cause: error,
    })
  }
}

function statedLength(name: string, content: Uint8Array): number {
  const length = new BlockReader(name, content).varint()
  // Snappy's copies make at most 64 bytes of 3.
  if (length > Math.min(LARGEST_BLOCK, 22 * content.length))
    throw new InputError(name, `is damaged: a block of ${content.length} bytes claims to unpack to ${length}; get it again`)
  return length
}

/** A CRC that is itself under a CRC is stored turned by 15 bits, with a constant added. */
export function unmasked(stored: number): number {
  const turned = (stored - 0xa282ead8) >>> 0
  return ((turned >>> 17) | (turned << 15)) >>> 0
}

function* entriesOf(name: string, block: Uint8Array): Generator<TableEntry> {
  const damaged = () => new InputError(name, 'is damaged: a block of its table does not hold together; get it again')
  if (block.length < 4) throw damaged()
  const restarts = new DataView(block.buffer, block.byteOffset + block.length - 4, 4).getUint32(0, true)
  const end = block.length - 4 - 4 * restarts
  if (end < 0) throw damaged()
  const reader = new BlockReader(name, block.subarray(0, end))
  let key = new Uint8Array(0)
  while (!reader.isAtEnd) {
    const shared = reader.varint()
    const own = reader.varint()
    const length = reader.varint()
    if (shared > key.length) throw damaged()
    const next = new Uint8Array(shared + own)
    next.set(key.subarray(0, shared))
    next.set(reader.bytes(own), shared)
    key = next
    yield { key, value: reader.bytes(length) }
  }
}

/** Reads varints and bytes out of a block. */
class BlockReader {
  readonly #bytes: Uint8Array
  readonly #name: string
  #at = 0

  constructor(name: string, bytes: Uint8Array) {
    this.#name = name
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  varint(): number {
    let value = 0
    for (let k = 0, factor = 1; k < 7; k++, factor *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) break
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    throw new InputError(this.#name, 'is damaged: a number in its table has no end; get it again')
  }

  bytes(count: number): Uint8Array {
    if (this.#at + count > this.#bytes.length)
      throw new InputError(this.#name, 'is damaged: an entry of its table runs past its block; get it again')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }
}
