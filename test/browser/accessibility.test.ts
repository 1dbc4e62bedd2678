import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { writeFlagged } from './harness/network.ts'
import { catchDownloads, DATA, FIXTURES, type OpenPage, withPage } from './harness/page.ts'
import { until } from './harness/tab.ts'

interface AxeWindow {
  axe: { run(options: object): Promise<{ violations: { id: string; help: string; nodes: { html: string }[] }[] }> }
}

/** What axe finds wrong with what is shown now. */
async function violations({ tab }: OpenPage): Promise<string[]> {
  await tab.run(async () => {
    if ('axe' in globalThis) return
    const script = document.createElement('script')
    script.src = '/axe/axe.min.js' // from the page's own server: its policy allows no other
    await new Promise((resolve, reject) => {
      script.onload = resolve
      script.onerror = reject
      document.head.append(script)
    })
  })
  return tab.run(async () => {
    const { violations } = await (globalThis as unknown as AxeWindow).axe.run({ resultTypes: ['violations'] })
    return violations.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes
          .slice(0, 3)
          .map(({ html }) => html.slice(0, 160))
          .join(' | ')}`,
    )
  })
}

/** Pixels that the page is wider than its window. */
const tooWide = ({ tab }: OpenPage): Promise<number> =>
  tab.run(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

/** Buttons, links and fields that are smaller than 40 px on a side that a finger needs. */
const smallTargets = ({ tab }: OpenPage): Promise<string[]> =>
  tab.run(() =>
    [...document.querySelectorAll<HTMLElement>('button, select, input:not([type=checkbox], [hidden])')]
      .filter((element) => element.offsetParent !== null && !element.closest('.tiles, th'))
      .filter((element) => element.getBoundingClientRect().height < 39.5)
      .map((element) => element.outerHTML.slice(0, 120)),
  )

const views: readonly { readonly name: string; readonly hash: string; ready(page: OpenPage): Promise<void> }[] = [
  { name: 'overview', hash: '#/models', ready: (page) => page.sees('table.overview tbody') },
  { name: 'model', hash: '#/model/vgg_w16_cifar10_normal', ready: (page) => page.sees('.pane.middle tbody') },
  {
    name: 'layer',
    hash: '#/model/vgg_w16_cifar10_normal/4',
    ready: (page) => page.sees('.pane.third h3', 'Least typical filters'),
  },
  {
    name: 'comparison',
    hash: '#/compare/vgg_w16_cifar10_normal/vgg_w16_cifar10_robust/4',
    ready: (page) => page.sees('.pane.third section', 'Distribution shift'),
  },
  { name: 'groups', hash: '#/groups', ready: (page) => page.sees('.figure-card svg') },
  {
    name: 'figures',
    hash: '#/figures',
    ready: (page) => until(page.tab, 'figures', () => document.querySelectorAll('.figure-card svg').length > 3, []),
  },
]

test('chromium: no view has an accessibility violation, in light and dark, wide and on a phone', () =>
  withPage('chromium', async (page) => {
    const found: string[] = []
    const check = async (what: string): Promise<void> => {
      for (const text of await violations(page)) found.push(`${what}: ${text}`)
      const wide = await tooWide(page)
      if (wide > 0) found.push(`${what}: ${wide} px too wide`)
    }
    await check('empty page')
    await page.tab.resize(390, 844)
    await check('empty page on a phone')
    await page.tab.resize(1280, 800)
    const files = (await readdir(DATA)).filter((name) => /vgg.*onnx$|csv$/.test(name))
    await page.drop(...files.map((name) => join(DATA, name)))
    await page.sees('table.overview tbody', 'vgg_w24')
    for (const theme of ['light', 'dark']) {
      for (const [width, height] of [
        [1280, 800],
        [390, 844],
      ] as const) {
        await page.tab.resize(width, height)
        for (const { name, hash, ready } of views) {
          await page.show(hash)
          await ready(page)
          await check(`${name}, ${theme}, ${width} px`)
          if (width === 390 && theme === 'light')
            for (const text of await smallTargets(page)) found.push(`${name}: small target ${text}`)
        }
      }
      await page.tab.resize(1280, 800)
      await page.click('.menu > .button')
      await check(`save menu, ${theme}`)
      await page.tab.press('Escape')
      await page.tab.press('?')
      await page.sees('dialog[open]')
      await check(`help, ${theme}`)
      await page.click('dialog button')
      await page.tab.press('t')
    }
    assert.equal(found, [])
  }))

test('chromium: an open layer among flagged ones, and the message of what was saved, have no accessibility violation', () =>
  withPage('chromium', async (page) => {
    const folder = await mkdtemp(join(tmpdir(), 'filterlens-axe-'))
    try {
      await writeFlagged(join(folder, 'flagged.safetensors'))
      await catchDownloads(page.tab)
      await page.drop(join(folder, 'flagged.safetensors'))
      await page.show('#/model/flagged/7')
      await page.sees('.pane.third h3', 'Least typical filters')
      await page.click('.menu > .button')
      await page.click('.sheet button', 'Results')
      await page.sees('.toast code')
      const found = await violations(page)
      await page.tab.press('t')
      found.push(...(await violations(page)))
      assert.equal(found, [])
    } finally {
      await rm(folder, { recursive: true })
    }
  }))

test('chromium: a series of checkpoints has no accessibility violation, in light and dark', () =>
  withPage('chromium', async (page) => {
    const series = join(FIXTURES, 'series/robust')
    await page.drop(...(await readdir(series)).slice(0, 6).map((name) => join(series, name)))
    await page.sees('table.overview tbody', 'step=0030')
    await page.click('header nav a', 'Series')
    await page.sees('table.heat tbody td', '%', 120)
    const found = await violations(page)
    await page.tab.press('t')
    found.push(...(await violations(page)))
    assert.equal(found, [])
  }))

test.run()
