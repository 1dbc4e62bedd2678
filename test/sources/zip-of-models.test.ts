import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { strToU8, type Zippable, zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { emptyFolder, memoryAccess } from '../../src/io/random-access.ts'
import { openSource } from '../../src/sources/open.ts'
import type { Source } from '../../src/sources/source.ts'
import { problem } from '../helpers/problem.ts'
import { weightsHash } from './helpers/reference-weights.ts'

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))
const bytesOf = (path: string) => new Uint8Array(readFileSync(fixtures + path))

async function open(files: Zippable, level: 0 | 6 = 0): Promise<Source> {
  const access = memoryAccess('models.zip', zipSync(files, { level }))
  return openSource({ path: 'models.zip', access, folder: emptyFolder })
}

const tfjs: Zippable = Object.fromEntries(
  readdirSync(`${fixtures}tfjs/upscalerjs`).map((name) => [`up/${name}`, bytesOf(`tfjs/upscalerjs/${name}`)]),
)

for (const level of [0, 6] as const)
  test(`models of several formats, ${level ? 'deflated' : 'stored'}; shards are found inside the zip`, async () => {
    const source = await open(
      {
        ...tfjs,
        'README.md': strToU8('hello'),
        'keras/model.keras': bytesOf('keras/model.keras'),
        'state.npz': bytesOf('numpy/state.npz'),
        '__MACOSX/._state.npz': strToU8('junk'),
        'up/.hidden.npy': strToU8('junk'),
      },
      level,
    )
    assert.equal(
      source.models.map(({ name, format, convolutions }) => [name, format, convolutions.length]),
      [
        ['state', 'NumPy', 2],
        ['model', 'Keras', 6],
        ['up', 'TensorFlow.js', 12],
      ],
    )
    const expected = JSON.parse(readFileSync(`${fixtures}tfjs/upscalerjs.golden.json`, 'utf8')).layers[0]
    const layer = source.models[2]!.convolutions.find(({ layer }) => layer === expected.name)!
    assert.is(await weightsHash(layer), expected.sha256_f32_oihw)
    await source.close()
  })

test('zeros in front of the first entry, as in the tasks of MediaPipe', async () => {
  const zip = zipSync({ 'words.txt': strToU8('one'), 'lite.tflite': bytesOf('tflite/quantised.tflite') }, { level: 0 })
  const padded = new Uint8Array(zip.length + 2)
  padded.set(zip, 2)
  // The places in the directory count from the file's beginning, so the padding moves them and the directory.
  const view = new DataView(padded.buffer)
  const end = padded.length - 22
  const directory = view.getUint32(end + 16, true) + 2
  view.setUint32(end + 16, directory, true)
  let entry = directory
  for (let k = 0; k < 2; k++) {
    view.setUint32(entry + 42, view.getUint32(entry + 42, true) + 2, true)
    entry += 46 + view.getUint16(entry + 28, true) + view.getUint16(entry + 30, true) + view.getUint16(entry + 32, true)
  }
  const source = await openSource({ path: 'a.task', access: memoryAccess('a.task', padded), folder: emptyFolder })
  assert.equal(
    source.models.map(({ name, format, convolutions }) => [name, format, convolutions.length]),
    [['lite', 'TensorFlow Lite', 4]],
  )
  await source.close()
})

test('formats that are zips themselves are not taken for zips of models', async () => {
  const access = memoryAccess('state.npz', bytesOf('numpy/state.npz'))
  assert.is((await openSource({ path: 'state.npz', access, folder: emptyFolder })).format, 'NumPy')
})

test('a broken model in a zip is reported beside the others', async () => {
  const source = await open({
    'a.npz': bytesOf('numpy/state.npz'),
    'b/broken.npy': strToU8('not an array'),
    'c/half.safetensors': strToU8('cut'),
    'd.npz': bytesOf('numpy/state.npz'),
  })
  assert.equal(
    source.models.map(({ name }) => name),
    ['a', 'd'],
  )
  assert.equal(
    source.failed!.map(({ file }) => file),
    ['models.zip/b/broken.npy', 'models.zip/c/half.safetensors'],
  )
  await source.close()
})

test('a broken model is named by its path inside; a zip without a model and half a zip are said to be so', async () => {
  assert.match(await problem(open({ 'a/b.npy': strToU8('not an array') })), /^models\.zip\/a\/b\.npy: /)
  assert.match(await problem(open({ 'a.txt': strToU8('x') })), /^models\.zip: /)
  const zip = zipSync({ 'inner.zip': zipSync({ 'a.npz': bytesOf('numpy/state.npz') }) })
  assert.match(await problem(openSource({ path: 'z.zip', access: memoryAccess('z.zip', zip), folder: emptyFolder })), /^z\.zip: /)
  const half = zipSync({ 'a.npz': bytesOf('numpy/state.npz') }).subarray(0, 2000)
  assert.match(
    await problem(openSource({ path: 'h.zip', access: memoryAccess('h.zip', half), folder: emptyFolder })),
    /directory cannot be read.*cut short/,
  )
})

test.run()
