// Flax: MessagePack, changed as bytes; now and then the counts and sizes in it alone.
import { mutateBytes } from './bytes.mjs'
import { read } from './fixtures.mjs'

/** Bytes that begin a value: maps, lists, text, bytes, extensions, numbers. */
const STARTS = [
  0x80, 0x81, 0x8f, 0x90, 0x93, 0x9f, 0xa0, 0xa6, 0xc0, 0xc4, 0xc6, 0xc7, 0xc9, 0xcb, 0xcf, 0xd3, 0xd9, 0xdc, 0xdd, 0xdf,
]

export default {
  name: 'flax',

  async seeds() {
    return ['variables', 'training', 'chunked', 'haiku'].map((name) => ({
      path: `${name}.msgpack`,
      bytes: read(`flax/${name}.msgpack`),
    }))
  },

  mutate(seed, random) {
    if (random.chance(4)) return { ...seed, bytes: mutateBytes(seed.bytes, random) }
    const bytes = seed.bytes.slice()
    for (let k = 1 + random.below(3); k > 0; k--) {
      const at = random.below(bytes.length)
      // Beside the arrays' bytes the file is short: the first kilobytes hold most of what is not weights.
      const place = random.chance(3) ? at : at % 700
      const old = bytes[place] ?? 0
      bytes[place] = random.pick([random.pick(STARTS), old + 1, old - 1, random.below(256)])
    }
    return { ...seed, bytes }
  },
}
