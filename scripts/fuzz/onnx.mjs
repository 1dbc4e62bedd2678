// ONNX: models are taken apart as protobuf trees, changed, and put together again with right lengths, so that a change
// deep inside is not refused at the first length.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join as path } from 'node:path'
import { mutateBytes } from './bytes.mjs'
import { changedMessage } from './protobuf.mjs'

const root = path(import.meta.dirname, '../..')

export default {
  name: 'onnx',

  async seeds() {
    const folders = ['edge-onnx', 'onnx-computed'].map((name) => path(root, 'test/fixtures', name))
    const files = folders.flatMap((folder) => readdirSync(folder).map((file) => path(folder, file)))
    const { fuzzSeeds } = await import(path(root, 'dist/test/sources/onnx/fuzz-seeds.js'))
    return [
      ...files
        .filter((file) => file.endsWith('.onnx'))
        .map((file) => ({ path: basename(file), bytes: new Uint8Array(readFileSync(file)) })),
      ...fuzzSeeds(),
    ]
  },

  mutate(seed, random) {
    const bytes = changedMessage(seed.bytes, random)
    if (bytes.length > 1 << 20) return undefined
    if (seed.beside && random.chance(3)) return { ...seed, bytes, beside: mutatedBeside(seed.beside, random) }
    return { ...seed, bytes: random.chance(8) ? mutateBytes(bytes, random) : bytes }
  },
}

function mutatedBeside(beside, random) {
  return Object.fromEntries(Object.entries(beside).map(([name, bytes]) => [name, mutateBytes(bytes, random)]))
}
