import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens } from '../cli/run.ts'
import { dragOver, FIXTURES, letGo, withPage } from './harness/page.ts'
import { until } from './harness/tab.ts'

const series = join(FIXTURES, 'series')
const checkpoints = (await readdir(join(series, 'robust'))).sort().slice(0, 4)

test('checkpoints of one network are a series: slider, keys, play, the first layer, and the numbers of the command line', () =>
  withPage('chromium', async (page) => {
    await page.drop(...checkpoints.map((name) => join(series, 'robust', name)))
    await page.sees('table.overview tbody', 'step=0030')
    await page.click('header nav a', 'Series')
    await page.sees('[data-checkpoint]', 'step 120 · step=0120', 60)
    await page.sees('p.muted', 'ordered by the step in their files')
    await page.sees('ul.colours .tile')
    const told = await filterlens(['track', ...checkpoints.map((name) => join(series, 'robust', name))])
    const change = /features\.17\.weight\s+[\d,]+\s+([\d.]+)/.exec(told.out)?.[1]
    assert.ok(change, told.out)
    await page.sees('section[aria-label="Layers at this checkpoint"] tbody tr:last-child', change)

    const colours = () => page.tab.run(() => document.querySelector('ul.colours')!.innerHTML)
    const last = await colours()
    await page.tab.run(() => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true })))
    await page.sees('[data-checkpoint]', 'step 60')
    assert.not.equal(await colours(), last)
    await page.click('table.heat thead button', '0')
    await page.sees('[data-checkpoint]', 'step 0')
    await page.tab.run(() => document.querySelector<HTMLButtonElement>('[data-play]')!.click())
    await page.sees('[data-checkpoint]', 'step 120')
    await until(page.tab, 'the end of it', () => document.querySelector('[data-play]')!.textContent === 'Play', [])
  }))

test('accuracies of a table that comes with the checkpoints are drawn beside them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-series-'))
  try {
    const table = join(folder, 'meta.csv')
    const rows = checkpoints.map((name, k) => `${name.replace('.ckpt', '')},${10 * (k + 1)}.5,7`)
    await writeFile(table, ['Name,Clean Accuracy,Seed', ...rows, ''].join('\n'))
    await withPage('chromium', async (page) => {
      await page.drop(...checkpoints.map((name) => join(series, 'robust', name)), table)
      await page.sees('table.overview tbody', 'step=0030')
      await page.click('header nav a', 'Series')
      await page.sees('[data-checkpoint]', 'Clean Accuracy 40.5')
      const heads = () =>
        page.tab.run(() =>
          [...document.querySelectorAll('[aria-label="Beside the checkpoints"] h3')].map((head) => head.textContent),
        )
      assert.equal(await heads(), ['Clean Accuracy 40.5'], 'and not what is the same everywhere')
      await page.click('table.heat thead button', '0')
      await page.sees('[data-checkpoint]', 'step 0')
      assert.equal(await heads(), ['Clean Accuracy 10.5'])
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('what track wrote is a series without its checkpoints', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-series-'))
  try {
    const output = join(folder, 'robust')
    const paths = checkpoints.map((name) => join(series, 'robust', name))
    const words = ['track', ...paths, '--meta', join(series, 'accuracy.csv'), '-o', output]
    assert.is((await filterlens(words)).code, 0)
    await withPage('chromium', async (page) => {
      await dragOver(page, [output])
      await letGo(page, [output])
      await page.sees('[data-checkpoint]', 'step 120 · step=0120.ckpt · Clean Accuracy')
      await page.sees('[aria-label="Beside the checkpoints"] h3', 'Clean Accuracy')
      await page.sees('[aria-label="Beside the checkpoints"] h3', 'Robust Accuracy')
      await page.sees('table.heat tbody', 'features.17')
      await until(
        page.tab,
        'the picture',
        () => (document.querySelector<HTMLImageElement>('main img')?.naturalWidth ?? 0) > 0,
        [],
      )
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('two models show what changed in their weights', () =>
  withPage('chromium', async (page) => {
    await page.drop(join(series, 'normal/step=1170.ckpt'), join(series, 'pruned.pt'))
    await page.sees('section[aria-label="Change of the weights"] tbody tr th', 'features')
    await page.sees('section[aria-label="Change of the weights"] p', '95 % level')
    const rows = await page.tab.run(
      () => document.querySelectorAll('section[aria-label="Change of the weights"] tbody tr').length,
    )
    assert.is(rows, 6)
  }))

test.run()
