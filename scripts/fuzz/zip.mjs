// Zips of models: the directory at the end is what readers trust, so most changes go there.
import { zipSync } from 'fflate'
import { mutateBytes } from './bytes.mjs'
import { read } from './fixtures.mjs'

const DIRECTORY = 250

export default {
  name: 'zip',

  async seeds() {
    const small = read('numpy/filters-nx9.npy')
    /** @type {import('fflate').Zippable} */
    const files = { 'a/one.npy': small, 'b.npy': [small, { level: 0 }], 'c/': new Uint8Array(0), 'readme.txt': new Uint8Array(9) }
    return [{ path: 'models.zip', bytes: zipSync(files) }]
  },

  mutate(seed, random) {
    if (random.chance(3)) return undefined
    const cut = seed.bytes.length - DIRECTORY
    const changed = mutateBytes(seed.bytes.subarray(cut), random)
    return { ...seed, bytes: Uint8Array.from([...seed.bytes.subarray(0, cut), ...changed]) }
  },
}
