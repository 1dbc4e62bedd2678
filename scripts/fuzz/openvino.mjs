// OpenVINO IR: numbers, words and tags of the document are exchanged; the values beside it are cut.
import { mutateBytes } from './bytes.mjs'
import { bytesOf, read, textOf } from './fixtures.mjs'
import { edgeNumbers } from './random.mjs'

const WORDS = [
  'Convolution',
  'GroupConvolution',
  'Const',
  'Parameter',
  'Multiply',
  'Subtract',
  'Convert',
  'Reshape',
  'FakeQuantize',
  'f32',
  'f16',
  'i8',
  'u4',
]
const TAGS = [
  '<layer>',
  '</layer>',
  '<data',
  '/>',
  '<dim>',
  '</dim>',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '&#x0;',
  '&amp;',
  '"',
  '<?x',
  '<net',
]

export default {
  name: 'openvino',

  async seeds() {
    return [{ path: 'network.xml', bytes: read('openvino/network.xml'), beside: { 'network.bin': read('openvino/network.bin') } }]
  },

  mutate(seed, random) {
    const one = random.pick([100, 500, 2000])
    const text = textOf(seed.bytes).replace(/\d+|[A-Z]\w+|<\/?\w+|"/g, (word) => {
      if (!random.chance(one)) return word
      if (/^\d/.test(word)) return random.chance(2) ? String(random.below(36)) : String(random.pick(edgeNumbers))
      return /^[A-Z]/.test(word) ? random.pick(WORDS) : random.pick(TAGS)
    })
    const bin = seed.beside['network.bin']
    return { ...seed, bytes: bytesOf(text), beside: { 'network.bin': random.chance(5) ? mutateBytes(bin, random) : bin } }
  },
}
