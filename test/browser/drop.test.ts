import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { DATA, dragOver, letGo, NORMAL, type OpenPage, withPage } from './harness/page.ts'
import { reload, until } from './harness/tab.ts'

// Dragging files and folders into the window, and results of earlier runs.

const run = (...args: string[]) => promisify(execFile)(process.execPath, ['dist/src/cli/main.js', ...args])

let folder: string
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filterlens-drop-'))
  await mkdir(join(folder, 'zoo/deeper'), { recursive: true })
  for (const name of await readdir(DATA)) {
    if (/^vgg_w16.*onnx$/.test(name)) await cp(join(DATA, name), join(folder, 'zoo/deeper', name))
    if (/csv$/.test(name)) await cp(join(DATA, name), join(folder, 'zoo', name))
  }
  const zoo = join(folder, 'zoo')
  const tables = ['--meta', join(zoo, 'meta.csv'), '--pairs', join(zoo, 'pairs.csv')]
  // The table of pairs may name only what was read.
  const pairs =
    'Robust,Normal\nvgg_w16_cifar10_robust,vgg_w16_cifar10_normal\nvgg_w16_fashion_mnist_robust,vgg_w16_fashion_mnist_normal\n'
  const { writeFile } = await import('node:fs/promises')
  await writeFile(join(zoo, 'pairs.csv'), pairs)
  await run('analyze', zoo, ...tables, '-o', join(folder, 'results'))
  await run('pack', join(folder, 'results'), '-o', join(folder, 'sent.zip'))
})
test.after(() => rm(folder, { recursive: true }))

/** Drops files or folders as a hand does, with the notice in between. */
async function dragIn(page: OpenPage, ...paths: readonly string[]): Promise<void> {
  await dragOver(page, paths)
  await page.sees('.over', 'Drop')
  await letGo(page, paths)
  await until(page.tab, 'the notice gone', () => document.querySelector('.over') === null, [])
}

test('chromium: a folder is dragged in, folders inside it too, with its tables', () =>
  withPage('chromium', async (page) => {
    await dragIn(page, join(folder, 'zoo'))
    await page.sees('table.overview tbody', 'vgg_w16_fashion_mnist_robust')
    assert.is(await page.tab.run(() => document.querySelectorAll('.overview tbody tr').length), 4)
    assert.is(await page.tab.run(() => document.querySelectorAll('.job .note').length), 0)
    await page.show('#/groups')
    await page.sees('main', '4 models, 2 pairs')
  }))

for (const [what, path] of [
  ['results folder', 'results'],
  ['zip of results', 'sent.zip'],
] as const) {
  test(`chromium: a ${what} of the command line shows all that it holds, and takes the models afterwards`, () =>
    withPage('chromium', async (page) => {
      await dragIn(page, join(folder, path))
      await page.sees('table.overview tbody', 'vgg_w16_fashion_mnist_robust')
      await page.sees('.overview thead', 'Robust Accuracy')
      // The groups come with their pairs and the shift that the run measured, though no filter is here.
      await page.show('#/groups')
      await page.sees('main', '4 models, 2 pairs')
      await page.sees('.figure-card svg text', 'distribution shift')
      await page.show('#/model/vgg_w16_cifar10_normal/3?order=norm')
      await page.sees('.pane.third .note', 'Drop the model')
      await page.sees('.pane.third h3', 'Eigenbasis')
      await page.drop(join(DATA, 'vgg_w16_cifar10_normal.onnx'))
      await page.sees('.grid-frame canvas')
      assert.is(await page.tab.run(() => document.querySelectorAll('.model-link').length), 4)
      assert.is(await page.tab.run(() => location.hash), '#/model/vgg_w16_cifar10_normal/3?order=norm')
      await page.show('#/models')
      await page.sees('.overview tbody tr', 'yes')
    }))
}

test('chromium: results that were not finished, or are damaged, are named beside what could be read', () =>
  withPage('chromium', async (page) => {
    const broken = join(folder, 'broken')
    await cp(join(folder, 'results'), broken, { recursive: true })
    await rm(join(broken, 'results.sha256'))
    await dragIn(page, broken, NORMAL)
    await page.sees('.pane.middle h2', 'preact_w24_cifar10_normal')
    await page.sees('.note', 'has not finished')
  }))

test('chromium: the address keeps the view: back, forward, reload, and the same files dropped into another tab', () =>
  withPage('chromium', async (page) => {
    const at = () => page.tab.run(() => location.hash)
    await page.drop(NORMAL)
    await page.sees('.pane.middle h2', 'preact_w24_cifar10_normal')
    await page.click('.pane.middle tbody tr:nth-child(3) a')
    await page.sees('.pane.third h2', 'layers.0.conv2')
    await page.click('fieldset[aria-label="Order of the filters"] button:nth-child(2)')
    await until(page.tab, 'the order in the address', () => location.hash.endsWith('?order=norm'), [])
    const layer = await at()
    await page.click('.top nav a:nth-child(3)')
    await page.sees('h1', 'Figures')
    await page.tab.run(() => history.back())
    await page.sees('.pane.third h2', 'layers.0.conv2')
    assert.is(await at(), layer)
    await page.tab.run(() => history.forward())
    await page.sees('h1', 'Figures')
    await page.tab.run(() => history.back())
    await until(page.tab, 'the layer again', () => document.title.startsWith('layers.0.conv2'), [])
    await reload(page.tab)
    await page.sees('.pane.third h2', 'layers.0.conv2')
    assert.is(await at(), layer)
    // A tab that has kept nothing says what the address shows.
    await reload(page.tab, { forget: true })
    await page.sees('.note', 'This address shows preact_w24_cifar10_normal')
    await page.drop(NORMAL)
    await page.sees('.pane.third h2', 'layers.0.conv2')
    assert.is(await at(), layer)
    await until(
      page.tab,
      'still sorted',
      () => document.querySelector('[aria-label="Order of the filters"] [aria-pressed=true]')?.textContent === 'Norm',
      [],
    )
  }))

test.run()
