// Results that someone sent: held against their hashes, shown with the number to quote, and measured again where the models come too.
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unzipSync, zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NORMAL, ROBUST, seesFilters, withPage } from './harness/page.ts'

const run = (...args: string[]) => promisify(execFile)(process.execPath, ['dist/src/cli/main.js', ...args])

let folder: string
let number: string
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filterlens-stranger-'))
  await run('analyze', NORMAL, ROBUST, '--report', '-o', join(folder, 'results'))
  await run('pack', join(folder, 'results'), '-o', join(folder, 'sent.zip'))
  number = (await readFile(join(folder, 'results/results.sha256'), 'utf8')).trim()
  const files = unzipSync(new Uint8Array(await readFile(join(folder, 'sent.zip'))))
  const layers = Object.keys(files).find((name) => name.endsWith('layers.arrow'))!
  files[layers]![files[layers]!.length >> 1]! ^= 4
  await writeFile(join(folder, 'tampered.zip'), zipSync(files, { level: 0 }))
  await cp(ROBUST, join(folder, 'preact_w24_cifar10_normal.onnx'))
})
test.after(() => rm(folder, { recursive: true }))

for (const engine of ['chromium', 'firefox'] as const)
  test(`${engine}: a zip of results is verified, its first filters are drawn, and a model that is dropped too is measured again`, () =>
    withPage(engine, async (page) => {
      await page.drop(join(folder, 'sent.zip'))
      await page.sees('.pane.middle', 'preact_w24_cifar10_robust')
      await page.show('#/models')
      await page.sees('main.wide .results', 'Unchanged since they were written')
      assert.is(await page.textOf('.results code'), number)
      await page.show('#/model/preact_w24_cifar10_normal')
      await page.sees('.results', 'Unchanged since they were written')
      await page.sees('.results', 'Not measured again')
      assert.is(await page.textOf('.results code'), number)
      await page.show('#/model/preact_w24_cifar10_normal/3')
      await page.sees('.pane.third .about', 'The first 32 of 576 filters')
      await seesFilters(page)
      await page.drop(NORMAL)
      await page.sees('.results', 'Measured again here: 13 layers, equal in every bit')
      await page.sees('.pane.third .about', 'All 576 filters')
    }))

test('chromium: a zip with one bit flipped, its own checksums mended, is refused and named', () =>
  withPage('chromium', async (page) => {
    await page.drop(join(folder, 'tampered.zip'))
    await page.sees('.note', 'layers.arrow: has been changed: its SHA-256 is not what manifest.sha256 says')
    assert.is(await page.tab.run(() => document.querySelectorAll('.model-link, .overview').length), 0)
  }))

test('chromium: another file of the same name is another model, and says nothing about the results', () =>
  withPage('chromium', async (page) => {
    await page.drop(join(folder, 'sent.zip'))
    await page.sees('.pane.middle', 'preact_w24_cifar10_robust')
    await page.drop(join(folder, 'preact_w24_cifar10_normal.onnx'))
    await page.sees('.model-link', 'preact_w24_cifar10_normal (2)')
    await page.show('#/model/preact_w24_cifar10_normal')
    await page.sees('.results', 'Not measured again')
  }))

test.run()
