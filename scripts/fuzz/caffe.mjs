// Caffe: layers are taken apart as a protobuf tree, changed, and put together again.
import { read } from './fixtures.mjs'
import { changedMessage } from './protobuf.mjs'

export default {
  name: 'caffe',

  async seeds() {
    return ['branches', 'older', 'oldest'].map((name) => ({
      path: `${name}.caffemodel`,
      bytes: read(`caffe/${name}.caffemodel`),
    }))
  },

  mutate(seed, random) {
    const bytes = changedMessage(seed.bytes, random)
    return bytes.length > 1 << 20 ? undefined : { ...seed, bytes }
  },
}
