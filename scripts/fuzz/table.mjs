// LevelDB tables (the index of a TensorFlow checkpoint): entries are changed, and the blocks get right lengths and CRCs.
import { join, mutateBytes } from './bytes.mjs'
import { changedMessage } from './protobuf.mjs'

const FOOTER = 48

/** A table with a few of its entries changed; now and then changed as bytes. */
export function changedTable(bytes, random) {
  if (random.chance(4)) return mutateBytes(bytes, random)
  const entries = entriesOf(bytes)
  if (!entries || entries.length === 0) return mutateBytes(bytes, random)
  for (let k = 1 + random.below(3); k > 0; k--) {
    const entry = random.pick(entries)
    switch (random.below(6)) {
      case 0:
        entry.key = mutateBytes(entry.key, random)
        break
      case 1:
        entries.splice(random.below(entries.length), 1)
        break
      case 2:
        entries.push({ key: mutateBytes(entry.key, random), value: entry.value })
        break
      default:
        entry.value = changedMessage(entry.value, random)
    }
    if (entries.length === 0) break
  }
  return tableOf(entries)
}

function entriesOf(bytes) {
  try {
    const [, , at, length] = varints(bytes.subarray(bytes.length - FOOTER), 4).values
    return blockEntries(bytes.subarray(at, at + length)).flatMap(({ value }) => {
      const [start, size] = varints(value, 2).values
      return blockEntries(bytes.subarray(start, start + size))
    })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function blockEntries(block) {
  const restarts = new DataView(block.buffer, block.byteOffset + block.length - 4, 4).getUint32(0, true)
  const end = block.length - 4 - 4 * restarts
  const entries = []
  let key = new Uint8Array(0)
  for (let at = 0; at < end; ) {
    const { values, end: from } = varints(block.subarray(at, end), 3)
    const [shared, own, length] = values
    const start = at + from
    key = join(key.subarray(0, shared), block.subarray(start, start + own))
    at = start + own + length
    entries.push({ key, value: block.slice(start + own, at) })
  }
  return entries
}

function varints(bytes, count) {
  const values = []
  let end = 0
  while (values.length < count) {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      if (end >= bytes.length) throw new RangeError('a varint has no end')
      const byte = bytes[end++]
      value += (byte & 0x7f) * factor
      if (byte < 0x80) break
    }
    values.push(value)
  }
  return { values, end }
}

function varint(value) {
  const out = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    out.push((rest % 128) | (rest >= 128 ? 0x80 : 0))
    if (rest < 128) return Uint8Array.from(out)
  }
}

function tableOf(entries) {
  const data = blockOf(entries)
  const meta = blockOf([])
  const handle = (start, block) => join(varint(start), varint(block.length - 5))
  const index = blockOf([{ key: entries.at(-1)?.key ?? new Uint8Array(0), value: handle(0, data) }])
  const handles = join(handle(data.length, meta), handle(data.length + meta.length, index))
  const magic = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb)
  return join(data, meta, index, handles, new Uint8Array(40 - handles.length), magic)
}

/** Entries without shared beginnings, one restart, no compression, and the masked CRC-32C. */
function blockOf(entries) {
  const content = join(
    ...entries.flatMap(({ key, value }) => [varint(0), varint(key.length), varint(value.length), key, value]),
    new Uint8Array(4),
    Uint8Array.of(1, 0, 0, 0),
    Uint8Array.of(0),
  )
  const crc = crc32c(content)
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
  const trailer = new Uint8Array(4)
  new DataView(trailer.buffer).setUint32(0, masked, true)
  return join(content, trailer)
}

function crc32c(bytes) {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
