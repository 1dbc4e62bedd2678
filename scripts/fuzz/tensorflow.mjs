// TensorFlow: graphs are taken apart as protobuf trees, changed, and put together again; a checkpoint's index is a table whose
// entries are changed and whose blocks get right CRCs.
import { mutateBytes } from './bytes.mjs'
import { read } from './fixtures.mjs'
import { changedMessage } from './protobuf.mjs'
import { changedTable } from './table.mjs'

const beside = (...files) => Object.fromEntries(files.map(([name, path]) => [name, read(`tensorflow/${path}`)]))
const DATA = '.data-00000-of-00001'

export default {
  name: 'tensorflow',

  async seeds() {
    const graphs = ['float16.pb', 'loop.pb', 'frozen.pb'].map((name) => ({ path: name, bytes: read(`tensorflow/${name}`) }))
    const module = beside(
      ['variables/variables.index', 'module/variables/variables.index'],
      [`variables/variables${DATA}`, `module/variables/variables${DATA}`],
    )
    const objects = beside([`objects${DATA}`, `objects${DATA}`])
    const parts = beside([`parts${DATA}`, `parts${DATA}`], ['parts.meta', 'parts.meta'])
    return [
      ...graphs,
      { path: 'saved_model.pb', bytes: read('tensorflow/module/saved_model.pb'), beside: module },
      { path: 'objects.index', bytes: read('tensorflow/objects.index'), beside: objects },
      { path: 'parts.index', bytes: read('tensorflow/parts.index'), beside: parts },
      { path: 'parts.index', bytes: read('tensorflow/parts.index'), beside: beside([`parts${DATA}`, `parts${DATA}`]) },
    ]
  },

  mutate(seed, random) {
    if (seed.beside && random.chance(4)) {
      const changed = Object.entries(seed.beside).map(([name, bytes]) => [
        name,
        name.endsWith('.meta')
          ? changedMessage(bytes, random)
          : name.endsWith('.index')
            ? changedTable(bytes, random)
            : mutateBytes(bytes, random),
      ])
      return { ...seed, beside: Object.fromEntries(changed) }
    }
    if (seed.path.endsWith('.index')) return { ...seed, bytes: changedTable(seed.bytes, random) }
    const bytes = changedMessage(seed.bytes, random)
    return bytes.length > 1 << 20 ? undefined : { ...seed, bytes }
  },
}
