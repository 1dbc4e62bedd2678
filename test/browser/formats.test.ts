import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { diskFolder, openFile } from '../../src/io/node.ts'
import { openSource } from '../../src/sources/open.ts'
import { bundlePage } from './harness/bundle.ts'
import { openBrowser } from './harness/open.ts'
import { serveFolders } from './harness/server.ts'
import { engines } from './harness/tab.ts'
import { type Layers, layersOf } from './pages/layers.ts'

const fixtures = join(import.meta.dirname, '../fixtures')
const made = mkdtempSync(join(tmpdir(), 'filterlens-'))
const read = (path: string): Uint8Array => new Uint8Array(readFileSync(join(fixtures, path)))
writeFileSync(
  join(made, 'models.zip'),
  zipSync({
    'a/network.xml': read('openvino/network.xml'),
    'a/network.bin': read('openvino/network.bin'),
    'b.npz': read('numpy/state.npz'),
  }),
)

/** Where a file is on the test's server, and where on disk. */
const files: readonly (readonly [url: string, path: string])[] = [
  'tfjs/upscalerjs/model.json',
  'tfjs/face-api/face_landmark_68_tiny_model-weights_manifest.json',
  'keras/model.keras',
  'keras/numbered.weights.h5',
  'numpy/state-compressed.npz',
  'numpy/fortran.npy',
  'filter-table/labelled.parquet',
  'tflite/selfie_segmentation.tflite',
  'openvino/network.xml',
  'numpy/objects.npy',
]
  .map((path): [string, string] => [`/fixtures/${path}`, join(fixtures, path)])
  .concat([['/made/models.zip', join(made, 'models.zip')]])

const inNode = async (path: string): Promise<Layers> =>
  openSource({
    path: path.slice(path.lastIndexOf('/') + 1),
    access: await openFile(path),
    folder: diskFolder(dirname(path)),
  }).then(layersOf)

for (const engine of engines) {
  test(`${engine} reads every format by range requests as Node reads it from disk`, async () => {
    const tab = await openBrowser(engine)
    if (!tab) return
    const bundle = await bundlePage('dist/test/browser/pages/formats.js')
    const server = await serveFolders({ '/': bundle.folder, '/fixtures/': fixtures, '/made/': made })
    try {
      await tab.goto(`${server.url}/`)
      const told = await tab.run(
        async (urls) => {
          const page = globalThis as unknown as { tellUrls?: (urls: string[]) => Promise<(Layers | string)[]> }
          for (let waits = 0; !page.tellUrls && waits < 200; waits++) await new Promise((resolve) => setTimeout(resolve, 50))
          return page.tellUrls!(urls)
        },
        files.map(([url]) => server.url + url),
      )
      for (const [k, [url, path]] of files.entries()) {
        const expected = await inNode(path).catch((error: Error) => error.message.replace(path, server.url + url))
        assert.equal(told[k], expected, url)
      }
      assert.type(told.at(-2), 'string', 'an array of objects is refused')
    } finally {
      await tab.close()
      await server.close()
      await bundle.remove()
    }
  })
}

test.after(() => rmSync(made, { recursive: true }))
test.run()
