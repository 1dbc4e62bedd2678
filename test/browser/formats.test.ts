import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { exportTable, runTables } from '../../src/index.ts'
import { analyze, listInputs } from '../../src/node.ts'
import { catchDownloads, downloaded, dragOver, FIXTURES, letGo, NORMAL, type OpenPage, withPage } from './harness/page.ts'
import { reload, until } from './harness/tab.ts'

// Every format as a person drops it: the page's layer table is the one that Node writes, byte for byte.

const fixture = (path: string): string => join(FIXTURES, path)

/** Drops files into an empty page and compares the layer table with Node's. */
async function sameAsNode(page: OpenPage, paths: readonly string[], what: string, isFolder = false): Promise<void> {
  await reload(page.tab, { forget: true }) // nothing of the drop before
  await catchDownloads(page.tab)
  const analysis = await analyze(await listInputs(paths.slice(0, 1)), { hash: false })
  const [layers] = runTables(analysis)
  if (isFolder) await dragOver(page, paths)
  await (isFolder ? letGo(page, paths) : page.drop(...paths))
  await until(page.tab, what, () => document.querySelector('.top nav') !== null, [])
  await page.click('.menu > .button')
  await page.click('[aria-label="Save the table layers as csv"]')
  const saved = await downloaded(page.tab, 'layers.csv')
  assert.is(saved.toString(), Buffer.from(exportTable(layers!, 'csv')).toString(), what)
}

test('chromium: each format is read as in Node', () =>
  withPage('chromium', async (page) => {
    const folder = await mkdtemp(join(tmpdir(), 'filterlens-formats-'))
    const written = async (name: string, bytes: Uint8Array): Promise<string> => {
      await writeFile(join(folder, name), bytes)
      return join(folder, name)
    }
    try {
      await sameAsNode(page, [fixture('pytorch/ema.pt')], 'PyTorch')
      await sameAsNode(page, [fixture('pytorch/legacy.pth')], 'PyTorch, the older form')
      await sameAsNode(page, [fixture('keras/model.h5')], 'Keras in HDF5')
      await sameAsNode(page, [fixture('keras/model.keras')], 'Keras archive')
      await sameAsNode(page, [fixture('numpy/state.npz')], 'NumPy archive')
      await sameAsNode(page, [fixture('numpy/filters-nx9.npy')], 'NumPy filters')
      await sameAsNode(page, [fixture('flax/variables.msgpack')], 'Flax')
      await sameAsNode(page, [fixture('orbax/training')], 'Orbax in a database', true)
      await sameAsNode(page, [fixture('orbax/cut-files')], 'Orbax in files, hidden ones among them', true)
      await sameAsNode(page, [fixture('gguf/unet.gguf')], 'GGUF')
      await sameAsNode(page, [fixture('coreml/classifier.mlmodel')], 'Core ML')
      await sameAsNode(page, [fixture('mxnet/net-0000.params')], 'MXNet')
      await sameAsNode(page, [fixture('ncnn/mixed.param'), fixture('ncnn/mixed.bin')], 'ncnn')
      await sameAsNode(page, [fixture('paddle/net.pdiparams'), fixture('paddle/net.pdmodel')], 'Paddle')
      await sameAsNode(page, [fixture('caffe/branches.caffemodel')], 'Caffe')
      await sameAsNode(page, [fixture('filter-table/plain.parquet')], 'Parquet')
      await sameAsNode(
        page,
        ['model.json', 'group1-shard1of1.bin'].map((name) => fixture(`tfjs/upscalerjs/${name}`)),
        'TensorFlow.js with its shard',
      )
      await sameAsNode(page, [fixture('tflite/selfie_segmentation.tflite')], 'TensorFlow Lite')
      const variables = ['variables.index', 'variables.data-00000-of-00001'].map((name) => `module/variables/${name}`)
      await sameAsNode(
        page,
        ['module/saved_model.pb', ...variables].map((name) => fixture(`tensorflow/${name}`)),
        'a TensorFlow SavedModel as loose files',
      )
      await sameAsNode(page, [fixture('tensorflow/loop.pb')], 'a frozen TensorFlow graph')
      await sameAsNode(
        page,
        ['objects.index', 'objects.data-00000-of-00001'].map((name) => fixture(`tensorflow/${name}`)),
        'a TensorFlow checkpoint',
      )
      await sameAsNode(
        page,
        ['parts.index', 'parts.data-00000-of-00001', 'parts.meta'].map((name) => fixture(`tensorflow/${name}`)),
        'a TensorFlow checkpoint of parts',
      )
      await sameAsNode(page, [fixture('torch-export/net.pt2')], 'torch.export')
      await sameAsNode(
        page,
        ['detector.weights', 'detector.cfg'].map((name) => fixture(`darknet/${name}`)),
        'darknet',
      )
      await sameAsNode(page, [fixture('state-h5/flat.h5')], 'a state dict in HDF5')
      await sameAsNode(page, [fixture('numpy/dict-python2.npy')], 'a dict of arrays')
      const dataset = gunzipSync(await readFile(fixture('dataset-h5/float64.h5.gz')))
      await sameAsNode(page, [await written('dataset.h5', dataset)], 'the published data set')
      const zip = zipSync({ 'models/normal.onnx': new Uint8Array(await readFile(NORMAL)) }, { level: 1 })
      await sameAsNode(page, [await written('models.zip', zip)], 'a zip of models')
    } finally {
      await rm(folder, { recursive: true })
    }
  }))

test.run()
