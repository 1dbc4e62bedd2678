// Core ML: models are taken apart as protobuf trees, changed, and put together again; the weights beside a program as bytes.
import { mutateBytes } from './bytes.mjs'
import { read } from './fixtures.mjs'
import { changedMessage } from './protobuf.mjs'

const PACKAGES = ['net', 'compressed'].map((name) => `coreml/${name}.mlpackage/Data/com.apple.CoreML`)
const WEIGHTS = 'weights/weight.bin'

export default {
  name: 'coreml',

  async seeds() {
    const alone = ['classifier', 'pipeline'].map((name) => ({ path: `${name}.mlmodel`, bytes: read(`coreml/${name}.mlmodel`) }))
    const programs = PACKAGES.map((folder) => ({
      path: 'model.mlmodel',
      bytes: read(`${folder}/model.mlmodel`),
      beside: { [WEIGHTS]: read(`${folder}/${WEIGHTS}`) },
    }))
    return [...alone, { ...programs[0], beside: undefined }, ...programs]
  },

  mutate(seed, random) {
    const weights = seed.beside?.[WEIGHTS]
    if (weights && random.chance(4)) return { ...seed, beside: { [WEIGHTS]: mutateBytes(weights, random) } }
    const bytes = changedMessage(seed.bytes, random)
    return bytes.length > 1 << 20 ? undefined : { ...seed, bytes }
  },
}
