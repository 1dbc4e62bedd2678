// darknet: words and numbers of the configuration are changed, now and then lines; the weights as bytes.
import { mutateBytes } from './bytes.mjs'
import { bytesOf, read, textOf } from './fixtures.mjs'
import { edgeNumbers } from './random.mjs'

const KINDS = [
  'convolutional',
  'route',
  'shortcut',
  'maxpool',
  'connected',
  'upsample',
  'reorg',
  'deconvolutional',
  'yolo',
  'net',
  'lstm',
]
const NAMES = [
  'filters',
  'size',
  'stride',
  'groups',
  'layers',
  'from',
  'pad',
  'batch_normalize',
  'share_index',
  'output',
  'reverse',
]

export default {
  name: 'darknet',

  async seeds() {
    return [
      ['detector', 'detector.weights'],
      ['classifier', 'classifier_final.weights'],
    ].map(([stem, weights]) => ({
      path: weights,
      bytes: read(`darknet/${weights}`),
      beside: { [`${stem}.cfg`]: read(`darknet/${stem}.cfg`) },
    }))
  },

  mutate(seed, random) {
    const name = Object.keys(seed.beside)[0] ?? ''
    const bytes = seed.beside[name]
    const beside = { [name]: random.chance(6) ? mutateBytes(bytes, random) : bytesOf(changed(textOf(bytes), random)) }
    return { ...seed, beside, bytes: random.chance(4) ? mutateBytes(seed.bytes, random) : seed.bytes }
  },
}

function changed(text, random) {
  const lines = text.split('\n')
  for (let k = 1 + random.below(4); k > 0; k--) {
    const at = random.below(lines.length)
    switch (random.below(5)) {
      case 0:
        lines.splice(at, 1)
        break
      case 1:
        lines.splice(at, 0, random.chance(2) ? `[${random.pick(KINDS)}]` : `${random.pick(NAMES)}=${random.pick(edgeNumbers)}`)
        break
      case 2:
        lines.splice(at, 0, ...lines.slice(random.below(lines.length)))
        break
      default:
        lines[at] = lines[at].replace(/-?\d+|\[\w+\]|^\w+/, (word) =>
          word.startsWith('[')
            ? `[${random.pick(KINDS)}]`
            : /\d/.test(word)
              ? String(random.pick(edgeNumbers))
              : random.pick(NAMES),
        )
    }
    if (lines.length > 20_000) lines.length = 20_000
  }
  return lines.join('\n')
}
