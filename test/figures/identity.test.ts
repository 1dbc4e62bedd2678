import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readResvgWasm } from '../../src/io/node-resvg.ts'
import { bundlePage } from '../browser/harness/bundle.ts'
import { openBrowser } from '../browser/harness/open.ts'
import { serveFolders } from '../browser/harness/server.ts'
import { engines, until } from '../browser/harness/tab.ts'
import { type FigureHashes, figureHashes } from './identity-suite.ts'

let expected: FigureHashes

test('Node draws every figure, the report and the pictures', async () => {
  expected = await figureHashes(readResvgWasm)
  assert.is(Object.keys(expected).length, 28)
  assert.is(new Set(Object.values(expected)).size, 28)
})

for (const engine of engines) {
  test(`${engine} draws the same bytes as Node`, async () => {
    const tab = await openBrowser(engine)
    if (!tab) return
    const bundle = await bundlePage('dist/test/figures/run-browser.js')
    const server = await serveFolders({ '/': bundle.folder, '/resvg/': 'node_modules/@resvg/resvg-wasm' })
    try {
      await tab.goto(`${server.url}/`)
      assert.is(await tab.run(() => devicePixelRatio <= 1), true, 'a plain screen: the case that Plot shifts by half a pixel')
      await until(tab, 'the bundle', () => typeof runFigures === 'function', [])
      const found = await tab.run(() => runFigures())
      assert.equal(found, expected)
      assert.is(await tab.run(() => devicePixelRatio <= 1), true, 'devicePixelRatio is what it was')
    } finally {
      await tab.close()
      await server.close()
      await bundle.remove()
    }
  })
}

test.run()
