// dataset.h5: HDF5 has checksums only in its newest layouts, so bytes are changed in place, mostly among those that are not zero
// near both ends, where the structures lie; or inside the pickled cells of the table, at the same length.
import { readdirSync, readFileSync } from 'node:fs'
import { join as path } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { mutateBytes } from './bytes.mjs'

const fixtures = path(import.meta.dirname, '../../test/fixtures')
const structures = new WeakMap()

export default {
  name: 'dataset-h5',
  hasHdf5: true,
  async seeds() {
    return ['dataset-h5', 'fuzz-dataset-h5'].flatMap((name) => {
      const folder = path(fixtures, name)
      return readdirSync(folder)
        .filter((file) => file.endsWith('.gz') && !file.startsWith('reference'))
        .map((file) => ({ path: file.slice(0, -3), bytes: new Uint8Array(gunzipSync(readFileSync(path(folder, file)))) }))
    })
  },
  mutate(seed, random) {
    const bytes = seed.bytes.slice()
    const places = placesOf(seed)
    for (let k = 1 + random.below(random.pick([1, 3, 8])); k > 0; k--) {
      const at = random.pick(places)
      const part = mutateBytes(bytes.subarray(at, at + random.pick([8, 64])), random)
      bytes.set(part.subarray(0, Math.min(part.length, bytes.length - at)), at)
    }
    return { ...seed, bytes }
  },
}

/** Offsets of pieces of 8 bytes that hold structure: neither zeros nor the long run of filters. */
function placesOf({ bytes }) {
  let places = structures.get(bytes)
  if (!places) {
    places = []
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      const isData = at > 4096 && at < bytes.length / 12
      if (!isData && bytes.subarray(at, at + 8).some((byte) => byte !== 0)) places.push(at)
    }
    structures.set(bytes, places)
  }
  return places
}
