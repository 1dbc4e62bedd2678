// GGUF: counts, types and sizes of the header are changed; sometimes any bytes.
import { mutateBytes } from './bytes.mjs'
import { read } from './fixtures.mjs'
import { edgeNumbers } from './random.mjs'

export default {
  name: 'gguf',

  async seeds() {
    return ['unet.gguf', 'reshaped-00001-of-00002.gguf', 'first.gguf'].map((name) => ({
      path: name,
      bytes: read(`gguf/${name}`),
    }))
  },

  mutate(seed, random) {
    if (random.chance(4)) return { ...seed, bytes: mutateBytes(seed.bytes, random) }
    const bytes = seed.bytes.slice()
    const view = new DataView(bytes.buffer)
    const header = Math.min(bytes.length, 900) - 8
    for (let k = 1 + random.below(3); k > 0; k--) {
      const at = 8 + random.below(header - 8)
      const value = BigInt(random.pick([...edgeNumbers, bytes[at] ?? 0]))
      switch (random.below(4)) {
        case 0:
          view.setBigUint64(at, BigInt.asUintN(64, value), true)
          break
        case 1:
          bytes[at] = random.pick([...Array(14).keys(), 24, 28, 30, 255])
          break
        default:
          view.setUint32(at, Number(BigInt.asUintN(32, value)), true)
      }
    }
    return { ...seed, bytes }
  },
}
