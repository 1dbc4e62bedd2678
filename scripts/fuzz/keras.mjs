// Keras: the configuration is changed as JSON inside the archive, the HDF5 files as bytes.
import { mutateBytes } from './bytes.mjs'
import { bytesOf, read, textOf } from './fixtures.mjs'
import { changedJson } from './json.mjs'
import { changedInside } from './zips.mjs'

const KNOWN = [
  'Conv2D',
  'DepthwiseConv2D',
  'SeparableConv2D',
  'Conv2DTranspose',
  'Functional',
  'TimeDistributed',
  'my>Conv2D',
  { class_name: 'Conv2D', config: { name: 'x' } },
]

export default {
  name: 'keras',
  hasHdf5: true,

  async seeds() {
    const names = ['model.keras', 'model.h5', 'numbered.weights.h5', 'subclassed.weights.h5', 'weights-only.h5']
    return names.map((name) => ({ path: name, bytes: read(`keras/${name}`) }))
  },

  mutate(seed, random) {
    if (!seed.path.endsWith('.keras')) return undefined
    const change = (bytes, name) =>
      name.endsWith('.json')
        ? bytesOf(JSON.stringify(changedJson(JSON.parse(textOf(bytes)), random, KNOWN)))
        : mutateBytes(bytes, random)
    return { ...seed, bytes: changedInside(seed.bytes, random, change) }
  },
}
