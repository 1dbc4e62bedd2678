import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens } from '../cli/run.ts'
import { bundlePage } from './harness/bundle.ts'
import { openBrowser } from './harness/open.ts'
import { serveFolders } from './harness/server.ts'
import { until } from './harness/tab.ts'
import type {} from './pages/results.ts'

test('chromium: the whole study has the same number as from the command line, and its zip is checked in the page', async () => {
  const tab = await openBrowser('chromium')
  if (!tab) return
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-results-'))
  const bundle = await bundlePage('dist/test/browser/pages/results.js')
  const server = await serveFolders({ '/': bundle.folder })
  try {
    const results = join(folder, 'results')
    const zip = join(folder, 'results.zip')
    const words = ['analyze', 'data', '--meta', 'data/meta.csv', '--pairs', 'data/pairs.csv', '--report', '-o', results]
    assert.is((await filterlens(words)).code, 0)
    assert.is((await filterlens(['pack', results, '-o', zip])).code, 0)
    await tab.goto(`${server.url}/`)
    const names = (await readdir('data')).filter((name) => /\.(onnx|csv)$/.test(name))
    await tab.chooseFiles('#files', [...names.map((name) => join('data', name)), zip])
    await until(tab, 'the bundle', () => typeof globalThis.checkZip === 'function', [])
    const number = await tab.run(() => globalThis.writeStudy([...document.querySelector<HTMLInputElement>('#files')!.files!]))
    assert.is(`${number}\n`, await readFile(join(results, 'results.sha256'), 'utf8'))
    const checked = await tab.run(() => globalThis.checkZip([...document.querySelector<HTMLInputElement>('#files')!.files!]))
    assert.equal(checked, { problems: [], layers: 100, differences: 0 })
  } finally {
    await tab.close()
    await server.close()
    await bundle.remove()
    await rm(folder, { recursive: true })
  }
})

test.run()
