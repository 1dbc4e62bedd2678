// TensorFlow Lite: offsets and numbers of the tables are overwritten in place, so that most of the file still holds together.
import { read } from './fixtures.mjs'
import { edgeNumbers } from './random.mjs'

export default {
  name: 'tflite',

  async seeds() {
    return [{ path: 'quantised.tflite', bytes: read('tflite/quantised.tflite') }]
  },

  mutate(seed, random) {
    const bytes = seed.bytes.slice()
    const view = new DataView(bytes.buffer)
    for (let k = 1 + random.below(3); k > 0; k--) {
      const at = random.below(bytes.length / 4) * 4
      const old = view.getInt32(at, true)
      const value = random.pick([
        random.pick(edgeNumbers),
        old + random.pick([-8, -4, -1, 1, 4, 8]),
        view.getInt32(random.below(bytes.length / 4) * 4, true),
      ])
      if (random.chance(3)) view.setUint16(at + 2 * random.below(2), Number(BigInt.asUintN(16, BigInt(value))), true)
      else view.setUint32(at, Number(BigInt.asUintN(32, BigInt(value))), true)
    }
    return { ...seed, bytes }
  },
}
