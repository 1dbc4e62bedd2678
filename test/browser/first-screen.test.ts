// What is wrong with a model, where and why, without unfolding; layers are found and ordered; ticking makes groups.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { networkBytes, writeFlagged } from './harness/network.ts'
import { DATA, NORMAL, type OpenPage, ROBUST, withPage } from './harness/page.ts'
import { until } from './harness/tab.ts'

let folder: string
let flagged: string
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filterlens-first-'))
  flagged = join(folder, 'flagged.safetensors')
  await writeFlagged(flagged)
})
test.after(() => rm(folder, { recursive: true }))

const names = ({ tab }: OpenPage): Promise<string[]> =>
  tab.run(() => [...document.querySelectorAll('.pane.middle tbody th a')].map((link) => link.getAttribute('title') ?? ''))

const clickHead = (page: OpenPage, text: string): Promise<void> => page.click('.pane.middle thead button', text)

for (const [width, height] of [
  [1920, 1080],
  [1440, 900],
  [1280, 800],
  [1024, 768],
] as const)
  test(`chromium, ${width} × ${height} px: flagged layers with their sentence, and the table of layers, are on the first screen`, () =>
    withPage('chromium', async (page) => {
      await page.tab.resize(width, height)
      await page.drop(flagged)
      await page.sees('.note.flagged', '2 layers of 12 to look at')
      const seen = await page.textOf('.note.flagged')
      assert.match(seen, /blocks\.7 \(depth 7\): .*of the filters are close to zero/)
      assert.match(seen, /blocks\.9 \(depth 9\): .*less than half of what random filters have/)
      const table = await page.tab.run(() => document.querySelector('.pane.middle tbody tr')!.getBoundingClientRect().bottom)
      assert.ok(table <= height, `the first layer of the table ends at ${table} of ${height} px`)
    }))

test('chromium: a model that looks untrained is said to be so once, not layer by layer', () =>
  withPage('chromium', async (page) => {
    const fresh = join(folder, 'fresh.safetensors')
    const layers = Array.from({ length: 5 }, (_, k) => ({
      name: `blocks.${k}.weight`,
      out: 16,
      in: k === 0 ? 3 : 16,
      kind: k === 3 ? ('sparse' as const) : ('fresh' as const),
    }))
    await writeFile(fresh, networkBytes(layers))
    await page.drop(fresh)
    await page.sees('.note.flagged', '5 layers of 5 to look at')
    const seen = await page.tab.run(() => document.querySelector('.pane.middle')?.textContent ?? '')
    assert.is(seen.split('looks untrained').length - 1, 1, seen)
    assert.match(seen, /fresh looks untrained: in 4 of 5 layers/)
    assert.match(seen, /blocks\.3 \(depth 3\): .*of the filters are close to zero/)
  }))

test('chromium: layers are found by name and by flag, and ordered by name, shape and every metric', () =>
  withPage('chromium', async (page) => {
    await page.drop(flagged)
    await page.sees('.pane.middle tbody')
    assert.is((await names(page)).length, 12)
    await clickHead(page, 'sparse')
    await clickHead(page, 'sparse')
    await until(page.tab, 'the order in the address', () => location.hash.includes('lsort=-sparsity'), [])
    assert.is((await names(page))[0], 'blocks.7.weight')
    await clickHead(page, 'flags')
    assert.equal((await names(page)).slice(0, 2), ['blocks.7.weight', 'blocks.9.weight'])
    await page.click('.toggle')
    await until(page.tab, 'two rows', () => document.querySelectorAll('.pane.middle .layer-name').length === 2, [])
    await page.click('.toggle')
    await page.type('.list-tools .find', 'S.1')
    await until(page.tab, 'blocks 1, 10 and 11', () => document.querySelectorAll('.pane.middle .layer-name').length === 3, [])
    // What was chosen stays when a layer is opened and closed again.
    await page.click('.pane.middle tbody a')
    await page.sees('.pane.third h2', 'blocks.1')
    await page.tab.press('Escape')
    await until(page.tab, 'still three', () => document.querySelectorAll('.pane.middle .layer-name').length === 3, [])
    await page.type('.list-tools .find', 'none of that name')
    await page.sees('.pane.middle', 'No layer matches')
  }))

test('chromium: the table of layers shows shape and structure when asked, and the address keeps it', () =>
  withPage('chromium', async (page) => {
    const heads = (): Promise<string[]> =>
      page.tab.run(() =>
        [...document.querySelectorAll('.pane.middle thead th button > span:not(.phone-only)')].map(
          (head) => head.textContent ?? '',
        ),
      )
    const choose = (word: string): Promise<void> =>
      page.tab.run((value) => {
        const select = document.querySelector<HTMLSelectElement>('.list-tools select')!
        select.value = value
        select.dispatchEvent(new Event('change', { bubbles: true }))
      }, word)
    await page.drop(flagged)
    await page.sees('.pane.middle tbody')
    assert.not.ok((await heads()).includes('symmetry'))
    await choose('shape')
    await page.sees('.pane.middle thead', 'symmetry')
    assert.not.ok((await heads()).includes('zeros'))
    await choose('all')
    await page.sees('.pane.middle thead', 'zeros')
    assert.ok(await page.tab.run(() => location.hash.includes('cols=all')))
    await clickHead(page, 'symmetry')
    await until(page.tab, 'the order in the address', () => location.hash.includes('lsort=symmetry'), [])
    await page.click('.pane.middle tbody a')
    await page.sees('.pane.third h2', 'blocks.')
    assert.ok((await heads()).includes('symmetry'))
    await choose('')
    await until(
      page.tab,
      'the usual columns',
      () => !document.querySelector('.pane.middle thead')!.textContent!.includes('zeros'),
      [],
    )
    assert.not.ok(await page.tab.run(() => location.hash.includes('cols')))
  }))

test('chromium: every model has the same axes, and two in one chart are ordered by what changed most', () =>
  withPage('chromium', async (page) => {
    await page.drop(NORMAL, ROBUST, flagged)
    await page.sees('table.overview tbody', 'flagged')
    const ticks = async (name: string): Promise<string[]> => {
      await page.show(`#/model/${name}`)
      await page.sees('.pane.middle h2', name)
      return page.tab.run(() =>
        [...document.querySelectorAll('.depth .axis text[text-anchor=end]')]
          .map((text) => text.textContent ?? '')
          .filter((text) => !text.includes('depth')),
      )
    }
    const own = await ticks('preact_w24_cifar10_normal')
    assert.equal(own, ['0 %', '50 %', '100 %', '0', '0.5', '1', '0', '0.5', '1'])
    assert.equal(await ticks('flagged'), own)
    await page.show('#/compare/preact_w24_cifar10_normal/preact_w24_cifar10_robust')
    await page.sees('.pane.middle h1, .pane.middle .facts', '→')
    await clickHead(page, 'entropy')
    await until(page.tab, 'ordered', () => location.hash.includes('lsort=-variance_entropy'), [])
    const changes = await page.tab.run(() =>
      [...document.querySelectorAll('.pane.middle tbody tr td:nth-child(3) .difference')].map((cell) =>
        Math.abs(Number((cell.textContent ?? '').replace('−', '-'))),
      ),
    )
    assert.ok(changes.length > 8)
    assert.equal(
      changes,
      [...changes].sort((x, y) => y - x),
    )
  }))

test('chromium: models that are ticked become groups, by themselves or against all others', () =>
  withPage('chromium', async (page) => {
    const models = (await readdir(DATA)).filter((name) => /vgg.*onnx$/.test(name))
    await page.drop(...models.map((name) => join(DATA, name)))
    await page.sees('table.overview tbody', 'vgg_w24_fashion_mnist_robust')
    const tick = async (part: string): Promise<void> => {
      const found = models.filter((name) => name.includes(part)).map((name) => name.replace('.onnx', ''))
      for (const name of found) await page.click(`[aria-label="Tick ${name}"]`)
    }
    await tick('normal')
    await page.sees('.ticked', '4 ticked')
    await page.click('.ticked button')
    await page.sees('.ticked', 'First group: 4 models')
    await tick('w16_cifar10_robust')
    await tick('w24_cifar10_robust')
    await page.click('.ticked .main')
    await page.sees('main', 'first group: 4 models')
    await page.sees('main', 'second group: 2 models')
    await page.sees('.figure-card svg')
    await page.tab.run(() => history.back())
    await page.sees('.ticked', 'First group: 4 models')
    await page.click('.ticked button', 'Compare with all others')
    await page.sees('main', 'all others: 4 models')
  }))

test('chromium, 1024 px: the column of flags of the overview is seen', () =>
  withPage('chromium', async (page) => {
    await page.tab.resize(1024, 768)
    await page.drop(flagged, NORMAL)
    await page.show('#/models')
    await page.sees('table.overview tbody .flag', '2')
    const right = await page.tab.run(() => document.querySelector('.overview tbody .flag')!.getBoundingClientRect().right)
    assert.ok(right < 1024, `it ends at ${right} px`)
  }))

test.run()
