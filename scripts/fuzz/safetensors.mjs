// safetensors: the header is changed as JSON (sizes, offsets, types, repeated and odd keys) and written with a right length.
import { join as path } from 'node:path'
import { join, mutateBytes } from './bytes.mjs'
import { edgeNumbers } from './random.mjs'

const root = path(import.meta.dirname, '../..')

export default {
  name: 'safetensors',

  async seeds() {
    return (await import(path(root, 'dist/test/sources/safetensors/fuzz-seeds.js'))).fuzzSeeds()
  },

  mutate(seed, random) {
    if (seed.bytes[0] === 0x7b) return mutatedIndex(seed, random)
    const length = Number(new DataView(seed.bytes.buffer, seed.bytes.byteOffset).getBigUint64(0, true))
    const header = JSON.parse(new TextDecoder().decode(seed.bytes.subarray(8, 8 + length)))
    return { ...seed, bytes: written(changed(header, random), seed.bytes.subarray(8 + length), random) }
  },
}

function mutatedIndex(seed, random) {
  const index = JSON.parse(new TextDecoder().decode(seed.bytes))
  const text = JSON.stringify(changed(index, random))
  const bytes = new TextEncoder().encode(random.chance(4) ? text.replace('{', () => `{${repeated(random)},`) : text)
  const beside = Object.fromEntries(
    Object.entries(seed.beside).map(([name, content]) => [name, random.chance(3) ? mutateBytes(content, random) : content]),
  )
  return { ...seed, bytes, beside }
}

function written(header, data, random) {
  let text = JSON.stringify(header)
  if (random.chance(6)) text = text.replace('{', () => `{${repeated(random)},`)
  if (random.chance(10)) text = ' '.repeat(random.below(20)) + text
  if (random.chance(6)) text += ' '.repeat(random.below(20))
  const json = new TextEncoder().encode(text)
  const prefix = new Uint8Array(8)
  const length = random.chance(8) ? BigInt.asUintN(64, BigInt(random.pick(edgeNumbers))) : BigInt(json.length)
  new DataView(prefix.buffer).setBigUint64(0, length, true)
  return join(prefix, json, random.chance(5) ? data.subarray(0, random.below(data.length + 1)) : data)
}

const repeated = (random) => JSON.stringify({ [random.pick(ODD_KEYS)]: random.pick(ODD_VALUES) }).slice(1, -1)

const ODD_KEYS = [
  '__proto__',
  'constructor',
  '',
  '__metadata__',
  'conv1.weight',
  'weight_map',
  'a'.repeat(5000),
  '\u0000',
  '😀',
  'dtype',
  'toString',
]
const ODD_VALUES = [
  null,
  true,
  'F32',
  'F16',
  'BF16',
  'F64',
  'I8',
  'F8_E4M3',
  'constructor',
  '',
  [],
  {},
  [1, 2, 3, 4],
  [[[]]],
  0.5,
  1e300,
  '../x.safetensors',
]

/** Changes some values, keys and list entries anywhere in a JSON value. */
function changed(value, random) {
  const copy = structuredClone(value)
  for (let k = 1 + random.below(random.pick([1, 2, 6])); k > 0; k--) {
    const holders = []
    const collect = (node) => {
      if (typeof node !== 'object' || node === null) return
      if (Object.keys(node).length > 0) holders.push(node)
      for (const inner of Object.values(node)) collect(inner)
    }
    collect(copy)
    if (holders.length === 0) return copy
    const holder = random.pick(holders)
    const key = random.pick(Object.keys(holder))
    switch (random.below(7)) {
      case 0:
        delete holder[key]
        if (Array.isArray(holder)) holder.length = Math.max(0, holder.length - 1)
        break
      case 1:
        if (Array.isArray(holder)) holder.push(random.pick(edgeNumbers))
        else
          Object.defineProperty(holder, random.pick(ODD_KEYS), {
            value: holder[key],
            enumerable: true,
            configurable: true,
            writable: true,
          })
        break
      case 2:
        holder[key] = structuredClone(random.pick(ODD_VALUES)) // one of its own: lists of the table would grow, and hold themselves
        break
      case 3:
        holder[key] = structuredClone(holder[random.pick(Object.keys(holder))])
        break
      case 4:
        if (typeof holder[key] === 'number') holder[key] += random.pick([1, -1, 4, -4, 1024])
        break
      default:
        holder[key] = random.pick(edgeNumbers)
    }
  }
  return copy
}
