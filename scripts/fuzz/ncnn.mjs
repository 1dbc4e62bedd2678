// ncnn: words and numbers of the list of layers are changed, now and then lines; the .bin as bytes.
import { mutateBytes } from './bytes.mjs'
import { bytesOf, read, textOf } from './fixtures.mjs'
import { edgeNumbers } from './random.mjs'

const TYPES = ['Convolution', 'ConvolutionDepthWise', 'Split', 'LSTM', 'GRU', 'MemoryData', 'BatchNorm', 'Scale', 'Embed', 'Gemm']

export default {
  name: 'ncnn',

  async seeds() {
    return ['mixed', 'attention.ncnn'].map((name) => ({
      path: `${name}.param`,
      bytes: read(`ncnn/${name}.param`),
      beside: { [`${name}.bin`]: read(`ncnn/${name}.bin`) },
    }))
  },

  mutate(seed, random) {
    const [name, bin] = Object.entries(seed.beside)[0] ?? ['', new Uint8Array(0)]
    const beside = { [name]: random.chance(3) ? mutateBytes(bin, random) : bin }
    return {
      ...seed,
      beside,
      bytes: random.chance(6) ? mutateBytes(seed.bytes, random) : bytesOf(changed(textOf(seed.bytes), random)),
    }
  },
}

function changed(text, random) {
  const lines = text.split('\n')
  for (let k = random.below(4); k > 0; k--) {
    const at = 2 + random.below(lines.length - 2)
    switch (random.below(4)) {
      case 0:
        lines.splice(at, 1)
        break
      case 1:
        lines.splice(at, 0, lines[2 + random.below(lines.length - 2)] ?? '')
        break
      default: {
        const words = (lines[at] ?? '').split(/(\s+|=)/)
        const place = random.below(words.length)
        if (/^-?[\d.]+$/.test(words[place] ?? '')) words[place] = String(random.pick(edgeNumbers))
        else if (place === 0) words[place] = random.pick(TYPES)
        lines[at] = words.join('')
      }
    }
  }
  return lines.join('\n')
}
