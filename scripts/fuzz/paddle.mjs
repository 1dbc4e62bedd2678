// Paddle: the program is taken apart as a protobuf tree and changed, the numbers as bytes.
import { mutateBytes } from './bytes.mjs'
import { read } from './fixtures.mjs'
import { changedMessage } from './protobuf.mjs'

const PROGRAM = 'net.pdmodel'

export default {
  name: 'paddle',

  async seeds() {
    return [{ path: 'net.pdiparams', bytes: read('paddle/net.pdiparams'), beside: { [PROGRAM]: read(`paddle/${PROGRAM}`) } }]
  },

  mutate(seed, random) {
    if (random.chance(3)) return { ...seed, bytes: mutateBytes(seed.bytes, random) }
    const program = changedMessage(seed.beside[PROGRAM], random)
    return program.length > 1 << 20 ? undefined : { ...seed, beside: { [PROGRAM]: program } }
  },
}
