// NumPy: the header's words are changed and the header written with a right length; archives are packed anew.
import { join, mutateBytes } from './bytes.mjs'
import { bytesOf, read, textOf } from './fixtures.mjs'
import { changedInside } from './zips.mjs'

const WORDS = [
  '0',
  '1',
  '3',
  '9',
  '11',
  '999999999',
  '18446744073709551616',
  '-1',
  "'<f4'",
  "'>f8'",
  "'|O'",
  "'<f2'",
  "'<i8'",
  "[('a', '<f4')]",
]
const MORE = ['True', 'False', '(', ')', ',', ' ', "'shape'", "'descr'", '1L']

export default {
  name: 'numpy',

  async seeds() {
    const arrays = [
      'float32',
      'float16',
      'fortran',
      'big-endian',
      'filters-nx9',
      'filters-nx3x3',
      'hwio',
      'objects',
      'dict',
      'dict-of-lists',
      'dict-python2',
    ]
    const archives = ['state', 'flax', 'sets', 'dict']
    return [
      ...arrays.map((name) => ({ path: `${name}.npy`, bytes: read(`numpy/${name}.npy`) })),
      ...archives.map((name) => ({ path: `${name}.npz`, bytes: read(`numpy/${name}.npz`) })),
    ]
  },

  mutate(seed, random) {
    if (seed.path.endsWith('.npy')) return { ...seed, bytes: changedArray(seed.bytes, random) }
    return { ...seed, bytes: changedInside(seed.bytes, random, (bytes) => changedArray(bytes, random)) }
  },
}

function changedArray(bytes, random) {
  if (random.chance(4)) return mutateBytes(bytes, random)
  const length = bytes[8] | (bytes[9] << 8)
  const header = textOf(bytes.subarray(10, 10 + length)).replace(/\d+|'[^']*'|True|False|[(),]/g, (word) =>
    random.chance(8) ? random.pick(random.chance(2) ? WORDS : MORE) : word,
  )
  const text = bytesOf(header)
  return join(bytes.subarray(0, 8), Uint8Array.of(text.length & 255, text.length >> 8), text, bytes.subarray(10 + length))
}
