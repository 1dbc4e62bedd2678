// State dicts in HDF5: changed as bytes.
import { read } from './fixtures.mjs'

export default {
  name: 'state-h5',
  hasHdf5: true,

  async seeds() {
    return ['flat.h5', 'tracked.h5', 'nested.hdf5'].map((name) => ({ path: name, bytes: read(`state-h5/${name}`) }))
  },
}
