import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { unzipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { catchDownloads, DATA, downloaded, NORMAL, ROBUST, withPage } from './harness/page.ts'
import { engines, until } from './harness/tab.ts'

// What a person does with the page, in each browser that is installed.

for (const engine of engines) {
  test(`${engine}: drop a model, open a layer, look at its filters`, () =>
    withPage(engine, async (page) => {
      await page.sees('h1', 'Drop models')
      await page.drop(NORMAL)
      await page.sees('.pane.middle h2', 'preact_w24_cifar10_normal')
      assert.match(await page.textOf('.pane.middle'), /13 layers measured, 42,696 filters/)
      assert.is(await page.tab.run(() => document.querySelectorAll('.pane.middle .layer-name').length), 13)
      await page.click('.pane.middle tbody a')
      await page.sees('.pane.third h2', 'conv1')
      // The open layer, and no other, is ringed in each of the three charts.
      const ringed = await page.tab.run(
        () =>
          [...document.querySelectorAll('.ring')].filter((ring) => getComputedStyle(ring).stroke !== 'rgba(0, 0, 0, 0)').length,
      )
      assert.is(ringed, 3)
      await page.sees('.grid-frame canvas')
      await until(page.tab, 'filters in colour', drawnColours, [20])
      await page.sees('.pane.third h3', 'Least typical filters')
      assert.is(await page.tab.run(() => document.querySelectorAll('.histograms path').length), 9)
      assert.match(await page.tab.run(() => location.hash), /^#\/model\/preact_w24_cifar10_normal\/0$/)
    }))

  test(`${engine}: compare two models, layer by layer`, () =>
    withPage(engine, async (page) => {
      await page.drop(NORMAL, ROBUST)
      await page.sees('.pane.middle', 'preact_w24_cifar10_robust')
      assert.match(await page.tab.run(() => location.hash), /^#\/compare\//)
      assert.match(await page.textOf('.pane.middle .facts'), /0\.714 → 0\.752\+0\.038/)
      await page.show('#/compare/preact_w24_cifar10_normal/preact_w24_cifar10_robust/8')
      await page.sees('.pane.third section', 'Distribution shift')
      assert.is(await page.tab.run(() => document.querySelectorAll('.histograms path.outline').length), 18)
    }))
}

test('chromium: groups, figures, the back button and the keys', () =>
  withPage('chromium', async (page) => {
    const names = (await readdir(DATA)).filter((name) => /vgg.*onnx$|csv$/.test(name))
    await page.drop(...names.map((name) => join(DATA, name)))
    await page.sees('table.overview tbody', 'vgg_w16_cifar10_robust')
    await page.click('th[aria-sort] button')
    await page.sees('th[aria-sort=ascending]', 'model')
    await page.show('#/groups')
    await page.sees('main', 'normal: 4 models')
    assert.match(await page.textOf('main'), /Orthogonality0\.\d{3}0\.\d{3}\+0\.0\d\d/)
    await page.sees('.figure-card svg title')
    await page.show('#/figures')
    await until(page.tab, 'several figures', () => document.querySelectorAll('.figure-card svg').length >= 4, [])
    await page.tab.run(() => history.back())
    await page.sees('h1', 'Groups')
    await page.show('#/model/vgg_w16_cifar10_normal')
    await page.sees('.pane.middle h2', 'vgg_w16_cifar10_normal')
    const open = () => page.tab.run(() => location.hash.split('?')[0]!.split('/')[3] ?? 'none')
    const opened: string[] = []
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft', 'Escape']) {
      await page.tab.press(key)
      opened.push(await open())
    }
    assert.equal(opened, ['0', '1', '0', 'none'])
    await page.tab.press('?')
    await page.sees('dialog[open]', 'previous and next layer')
  }))

test('chromium: the results that the page saves are verified by the command line, and are what it would write', () =>
  withPage('chromium', async (page) => {
    const folder = await mkdtemp(join(tmpdir(), 'filterlens-results-'))
    const run = (...args: string[]) => promisify(execFile)(process.execPath, ['dist/src/cli/main.js', ...args])
    try {
      await catchDownloads(page.tab)
      await page.drop(NORMAL, ROBUST)
      await page.sees('.pane.middle', 'preact_w24_cifar10_robust')
      await page.click('.menu > .button')
      await page.click('.sheet button')
      const files = unzipSync(new Uint8Array(await downloaded(page.tab, 'filterlens-results.zip')))
      for (const [path, bytes] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), bytes)
      }
      const { stdout } = await run('verify', join(folder, 'results'), '--inputs', DATA)
      assert.match(stdout, /26 layers measured again: equal in every bit/)
      await run('analyze', NORMAL, ROBUST, '-o', join(folder, 'cli'))
      const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? new Uint8Array()).toString()
      const { readFile } = await import('node:fs/promises')
      assert.is(text(files['results/results.sha256']), await readFile(join(folder, 'cli', 'results.sha256'), 'utf8'))
    } finally {
      await rm(folder, { recursive: true })
    }
  }))

test('chromium: tables and figures are saved in every form', () =>
  withPage('chromium', async (page) => {
    await catchDownloads(page.tab)
    await page.drop(NORMAL)
    await page.sees('.pane.middle h2')
    const begins = { csv: 'model,', arrow: 'ARROW1', parquet: 'PAR1' }
    for (const [format, start] of Object.entries(begins)) {
      await page.click('.menu > .button')
      await page.click(`[aria-label="Save the table layers as ${format}"]`)
      const bytes = await downloaded(page.tab, `layers.${format}`)
      assert.is(bytes.subarray(0, start.length).toString(), start)
    }
    await page.show('#/figures')
    await page.sees('.figure-card svg')
    await page.click('[aria-label$="as SVG"]')
    assert.match((await downloaded(page.tab, 'model-overview.svg')).toString(), /^<svg .*<\/svg>\n$/s)
    await page.click('[aria-label$="as PNG"]')
    assert.is((await downloaded(page.tab, 'model-overview.png')).readUInt32BE(0), 0x89504e47)
  }))

test('chromium: garbage is named for what it is, beside what could be read', () =>
  withPage('chromium', async (page) => {
    const folder = await mkdtemp(join(tmpdir(), 'filterlens-garbage-'))
    try {
      await writeFile(join(folder, 'model.onnx'), '<!doctype html><title>Quota exceeded</title><p>sorry')
      await writeFile(join(folder, '<img src=x onerror=alert(1)>.pt'), Buffer.from('\u0000\u0001nonsense'.repeat(100)))
      await page.drop(join(folder, 'model.onnx'))
      await page.sees('.note', 'HTML page')
      await page.drop(join(folder, '<img src=x onerror=alert(1)>.pt'), NORMAL)
      await page.sees('.pane.middle h2', 'preact_w24_cifar10_normal')
      await page.sees('.note', '<img src=x onerror=alert(1)>.pt: ')
      assert.is(await page.tab.run(() => document.querySelectorAll('img[src=x]').length), 0)
      const left = () => page.tab.run(() => document.querySelectorAll('.job .note').length)
      assert.is(await left(), 2)
      await page.click('[aria-label="Put this message away"]')
      await until(page.tab, 'one message fewer', () => document.querySelectorAll('.job .note').length === 1, [])
    } finally {
      await rm(folder, { recursive: true })
    }
  }))

/** True when the grid's canvas shows at least so many different colours. */
function drawnColours(least: number): boolean {
  const canvas = document.querySelector<HTMLCanvasElement>('.grid-frame canvas')
  if (!canvas || canvas.width === 0) return false
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
  return new Set(new Uint32Array(data.buffer)).size >= least
}

test.run()
