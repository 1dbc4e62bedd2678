import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openFile } from '../../src/io/node.ts'
import { emptyFolder } from '../../src/io/random-access.ts'
import { openSource } from '../../src/sources/open.ts'
import { bundlePage } from './harness/bundle.ts'
import { openBrowser } from './harness/open.ts'
import { serveFolders } from './harness/server.ts'
import { engines } from './harness/tab.ts'
import type { Told } from './pages/sources.ts'

const fixtures = join(import.meta.dirname, '../fixtures')

/** What the same files hold in Node: the browser must tell exactly this. */
async function tellInNode(path: string): Promise<Told | string> {
  try {
    const source = await openSource({ path: basename(path), access: await openFile(path, basename(path)), folder: emptyFolder })
    const models = []
    for (const { name, meta, convolutions } of source.models) {
      const layers: string[] = []
      for (const { layer, shape, weights } of convolutions) {
        const bytes = { float32: 4, float64: 8, float16: 2 }[weights.dtype as string] ?? 1
        const read = await weights.access.read(
          weights.offset,
          shape.reduce((product, n) => product * n, bytes),
        )
        layers.push(`${layer} ${shape.join('×')} ${createHash('sha256').update(read).digest('hex').slice(0, 16)}`)
      }
      models.push({ name, meta, layers })
    }
    await source.close()
    return { format: source.format, models }
  } catch (error) {
    return (error as Error).message
  }
}

const folder = mkdtempSync(join(tmpdir(), 'filterlens-'))
const paths = ['float64', 'lists', 'csv', 'half'].map((name) => {
  const path = join(folder, `${name}.h5`)
  writeFileSync(path, gunzipSync(readFileSync(join(fixtures, `dataset-h5/${name}.h5.gz`))))
  return path
})
writeFileSync(join(folder, 'cut.h5'), readFileSync(paths[0]!).subarray(0, 300_000))
paths.push(join(folder, 'cut.h5'))
for (const name of ['zip.pt', 'legacy.pth', 'deflated.pt', 'module.pt', 'quantised.pt', 'plain_torch_4.pkl'])
  paths.push(join(fixtures, 'pytorch', name))

for (const engine of engines) {
  test(`${engine} reads HDF5 by range in a worker, and checkpoints, as Node does`, async () => {
    const tab = await openBrowser(engine)
    if (!tab) return
    const bundle = await bundlePage('dist/test/browser/pages/sources.js')
    const server = await serveFolders({ '/': bundle.folder })
    try {
      await tab.goto(`${server.url}/`)
      await tab.chooseFiles('#files', paths)
      const told = await tab.run(() => (globalThis as unknown as { tellAll(): Promise<(Told | string)[]> }).tellAll())
      const expected: (Told | string)[] = []
      for (const path of paths) expected.push(await tellInNode(path))
      assert.is(typeof expected[4], 'string')
      assert.equal(told, JSON.parse(JSON.stringify(expected)))
    } finally {
      await tab.close()
      await server.close()
      await bundle.remove()
    }
  })
}

test.after(() => rmSync(folder, { recursive: true }))
test.run()
