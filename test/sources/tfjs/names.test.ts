import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { emptyFolder, memoryAccess } from '../../../src/io/random-access.ts'
import { openSource } from '../../../src/sources/open.ts'

/** A model.json that lists one weight, with the name that Keras has in its topology. */
const modelJson = (name: string): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      format: 'layers-model',
      modelTopology: { model_config: { class_name: 'Sequential', config: { name, layers: [] } } },
      weightsManifest: [{ paths: ['w.bin'], weights: [{ name: 'conv/kernel', shape: [3, 3, 1, 2], dtype: 'float32' }] }],
    }),
  )

async function nameOf(path: string, keras: string): Promise<string> {
  const folder = { ...emptyFolder, open: async (file: string) => memoryAccess(file, new Uint8Array(72)) }
  const source = await openSource({ path, access: memoryAccess(path, modelJson(keras)), folder })
  try {
    return source.models[0]!.name
  } finally {
    await source.close()
  }
}

test('model.json is called after its folder; a loose one by the name that Keras was given, if it was', async () => {
  assert.is(await nameOf('mobilenet/model.json', 'other'), 'mobilenet')
  assert.is(await nameOf('model.json', 'mobilenet_1.00_224'), 'mobilenet_1.00_224')
  for (const madeUp of ['model_1', 'sequential', 'functional_12', '']) assert.is(await nameOf('model.json', madeUp), 'model')
  assert.is(await nameOf('face.json', 'other'), 'face')
})

test.run()
