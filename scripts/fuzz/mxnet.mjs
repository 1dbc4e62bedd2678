// MXNet: counts, sizes and types are changed; sometimes any bytes.
import { mutateBytes } from './bytes.mjs'
import { read } from './fixtures.mjs'
import { edgeNumbers } from './random.mjs'

export default {
  name: 'mxnet',

  async seeds() {
    return ['net-0000', 'older', 'oldest', 'nameless'].map((name) => ({
      path: `${name}.params`,
      bytes: read(`mxnet/${name}.params`),
    }))
  },

  mutate(seed, random) {
    if (random.chance(4)) return { ...seed, bytes: mutateBytes(seed.bytes, random) }
    const bytes = seed.bytes.slice()
    const view = new DataView(bytes.buffer)
    for (let k = 1 + random.below(3); k > 0; k--) {
      // The first array's head, or the names at the end.
      const at = random.chance(2) ? 16 + 4 * random.below(16) : Math.max(0, bytes.length - 8 - random.below(200))
      const value = BigInt(random.pick(edgeNumbers))
      if (random.chance(3)) view.setBigUint64(at, BigInt.asUintN(64, value), true)
      else view.setUint32(at, Number(BigInt.asUintN(32, value)), true)
    }
    return { ...seed, bytes }
  },
}
