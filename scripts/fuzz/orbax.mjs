// Orbax: manifests, nodes and descriptions are changed and get right CRCs; chunks are changed as bytes.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { mutateBytes } from './bytes.mjs'
import { bytesOf, read, textOf } from './fixtures.mjs'

const folder = join(import.meta.dirname, '../../test/fixtures/orbax')
const NODE = [0x0c, 0xdb, 0x20, 0xde]

function seed(name, opens) {
  const files = readdirSync(join(folder, name), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + name.length + 2))
  const beside = Object.fromEntries(paths.map((path) => [path, read(`orbax/${name}/${path}`)]))
  return { path: opens, bytes: beside[opens], beside }
}

function crc32c(bytes) {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ -1) >>> 0
}

/** A framed part with bytes of its content changed, its length and its CRC right. */
function changedFrame(frame, random) {
  const bytes = frame.slice()
  for (let k = 1 + random.below(3); k > 0; k--) {
    const at = 12 + random.below(Math.max(1, bytes.length - 16))
    bytes[at] = random.pick([bytes[at] + 1, bytes[at] - 1, 0, 0x7f, 0xff, random.below(256)])
  }
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32c(bytes.subarray(0, -4)), true)
  return bytes
}

/** One node of those in a data file changed. */
function changedNode(bytes, random) {
  const starts = []
  for (let at = 0; at + 18 < bytes.length; at++) if (NODE.every((byte, k) => bytes[at + k] === byte)) starts.push(at)
  if (starts.length === 0) return mutateBytes(bytes, random)
  const start = random.pick(starts)
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(start + 4, true))
  if (length > bytes.length - start) return mutateBytes(bytes, random)
  const changed = bytes.slice()
  changed.set(changedFrame(bytes.slice(start, start + length), random), start)
  return changed
}

const NUMBERS = ['0', '1', '2', '3', '4', '8', '16', '255', '65536', '1000000', '4294967295', '1e15', '-1', 'null', '[]', '"a"']

/** A description with a number, or a word, replaced. */
function changedJson(bytes, random) {
  const text = textOf(bytes)
  const places = [...text.matchAll(/-?\d+(\.\d+)?|null|true|false|"[a-z_<0-9]+"/g)]
  if (places.length === 0) return mutateBytes(bytes, random)
  const { 0: old, index } = random.pick(places)
  const others = [...NUMBERS, random.pick(places)[0]]
  return bytesOf(text.slice(0, index) + random.pick(others) + text.slice(index + old.length))
}

function changed(path, bytes, random) {
  if (path.endsWith('manifest.ocdbt')) return changedFrame(bytes, random)
  if (/(^|\/)d\/[0-9a-f]+$/.test(path)) return changedNode(bytes, random)
  if (/\.zarray$|zarr\.json$|_METADATA$/.test(path)) return changedJson(bytes, random)
  return mutateBytes(bytes, random)
}

export default {
  name: 'orbax',

  async seeds() {
    return [
      seed('levels', 'manifest.ocdbt'),
      seed('training', 'manifest.ocdbt'),
      seed('cut3', '_METADATA'),
      seed('cut-files', '_METADATA'),
      seed('cut-files3', '_METADATA'),
      seed('older', 'checkpoint'),
      seed('plain', 'manifest.ocdbt'),
    ]
  },

  mutate({ path, bytes, beside }, random) {
    const paths = Object.keys(beside)
    const what = random.chance(3) ? path : random.pick(paths)
    if (what === path) return { path, bytes: changed(path, bytes, random), beside }
    if (random.chance(20))
      return { path, bytes, beside: Object.fromEntries(paths.filter((one) => one !== what).map((one) => [one, beside[one]])) }
    return { path, bytes, beside: { ...beside, [what]: changed(what, beside[what], random) } }
  },
}
