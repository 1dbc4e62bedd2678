// Nothing lies over anything else, is cut, or is off the screen; a layer has one name.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { writeFlagged } from './harness/network.ts'
import { catchDownloads, FIXTURES, NORMAL, ROBUST, withPage } from './harness/page.ts'
import { until } from './harness/tab.ts'

let folder: string
let flagged: string
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filterlens-layout-'))
  flagged = join(folder, 'flagged.safetensors')
  await writeFlagged(flagged)
})
test.after(() => rm(folder, { recursive: true }))

test('chromium: a layer has one name, in the table, its heading, its flags, the title of the window and beside another model', () =>
  withPage('chromium', async (page) => {
    const { tab } = page
    await page.drop(flagged)
    await page.sees('.note.flagged a', 'blocks.7')
    await page.click('.pane.middle tbody a', 'blocks.7')
    await page.sees('.pane.third h2')
    const told = await tab.run(() => [
      document.querySelector('.pane.third h2')!.textContent,
      document.querySelector('tr.open th')!.textContent,
      [...document.querySelectorAll('.note.flagged a')].map((link) => link.textContent).find((text) => text!.includes('7')),
      document.title.split(' · ')[0],
    ])
    assert.equal(told, ['blocks.7', 'blocks.7', 'blocks.7', 'blocks.7'])
    assert.match(await page.textOf('.pane.third header'), /tensor blocks\.7\.weight/)
    await page.drop(NORMAL, ROBUST)
    await page.show('#/compare/preact_w24_cifar10_normal/preact_w24_cifar10_robust/2')
    await page.sees('.pane.third h2')
    assert.is(await page.textOf('.pane.third h2'), await page.textOf('tr.open th'))
  }))

/** Names of levels that touch a point of the data, the title above, or each other. */
function touched(): string[] {
  const box = (element: Element): DOMRect => element.getBoundingClientRect()
  const meet = (a: DOMRect, b: DOMRect): boolean =>
    a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1
  return [...document.querySelectorAll('.depth figure')].flatMap((figure) => {
    const names = [...figure.querySelectorAll('.level-name')]
    const others = [...figure.querySelectorAll('.dot, figcaption h3, figcaption .meaning'), ...names]
    return names.flatMap((name) =>
      others
        .filter((other) => other !== name && box(other).width > 0 && meet(box(name), box(other)))
        .map((other) => `${name.textContent} and ${other.getAttribute('class') ?? other.textContent}`),
    )
  })
}

test('chromium: names of levels in the charts lie over no point and no title, and none is left out', () =>
  withPage('chromium', async (page) => {
    await page.drop(NORMAL, ROBUST, flagged)
    await page.sees('table.overview tbody', 'flagged')
    for (const address of [
      '#/model/flagged',
      '#/model/flagged/7',
      '#/model/preact_w24_cifar10_normal',
      '#/model/preact_w24_cifar10_normal/3',
      '#/compare/preact_w24_cifar10_normal/preact_w24_cifar10_robust',
    ])
      for (const width of [1920, 1440, 1280, 1024, 768, 390]) {
        await page.tab.resize(width, 900)
        await page.show(address)
        if (width < 1190 && /\/\d$/.test(address)) continue // the charts are not seen beside a layer
        await until(page.tab, `three charts at ${address}`, () => document.querySelectorAll('.depth figure').length === 3, [])
        await until(
          page.tab,
          'the charts in their width',
          () =>
            [...document.querySelectorAll<SVGSVGElement>('.depth figure > svg')].every(
              (svg) => svg.viewBox.baseVal.width === Math.max(120, svg.clientWidth),
            ),
          [],
        )
        assert.equal(await page.tab.run(touched), [], `${address} at ${width} px`)
        const random = await page.tab.run(
          () =>
            document.querySelectorAll('.depth .level').length -
            document.querySelectorAll('.depth :is(.level-name, .level-key)').length,
        )
        assert.is(random - (await page.tab.run(() => document.querySelectorAll('.depth .dash .level').length)), 0)
      }
  }))

test('chromium, 390 px: a table of flagged layers is seen whole, the message of what was saved and its sheet are on the screen', () =>
  withPage('chromium', async (page) => {
    const { tab } = page
    await tab.resize(390, 844)
    const right = await tab.run(() => document.querySelector('header.top button:last-child')!.getBoundingClientRect().right)
    assert.ok(right > 360, `on an empty page the buttons end at ${right} px`)
    await catchDownloads(tab)
    await page.drop(flagged)
    await page.sees('.pane.middle tbody .flag')
    const hidden = await tab.run(() => {
      const frame = document.querySelector('.pane.middle .table-frame')!
      return frame.scrollWidth - frame.clientWidth
    })
    assert.ok(hidden <= 0, `${hidden} px of the table of layers are beside the screen`)
    const tip = await tab.run(async () => {
      const chart = document.querySelector('.depth figure > svg')!
      const { left, top, width } = chart.getBoundingClientRect()
      const at = { clientX: left + width * 0.55, clientY: top + 30, bubbles: true }
      chart.dispatchEvent(new PointerEvent('pointermove', at))
      await new Promise((resolve) => setTimeout(resolve, 200))
      const box = document.querySelector('.tip')!.getBoundingClientRect()
      chart.closest('.depth')!.dispatchEvent(new PointerEvent('pointerleave'))
      return [box.left, box.right]
    })
    assert.ok(tip[0]! >= 0 && tip[1]! <= 390, `the numbers under the pointer lie from ${tip[0]} to ${tip[1]} px`)
    await page.click('.menu > .button')
    await page.sees('.sheet button', 'Results')
    const sheet = await tab.run(() => {
      const { left, right } = document.querySelector('.sheet')!.getBoundingClientRect()
      return [left, right]
    })
    assert.ok(sheet[0]! >= 0 && sheet[1]! <= 390, `the sheet lies from ${sheet[0]} to ${sheet[1]} px`)
    await page.click('.sheet button', 'Results')
    await page.sees('.toast code')
    const close = await tab.run(() => {
      const [box, button] = ['.toast', '.toast > button'].map((css) => document.querySelector(css)!.getBoundingClientRect())
      return { down: button!.top - box!.top, right: box!.right - button!.right }
    })
    assert.ok(close.down < 30 && close.right < 30, `its button lies ${JSON.stringify(close)} from the corner`)
    assert.is((await page.textOf('.toast code')).length, 64)
  }))

test('chromium: hyphens in words are no wider than in prose, in tables of words, the help and figures', () =>
  withPage('chromium', async (page) => {
    await page.drop(NORMAL, ROBUST)
    await page.show('#/figures')
    await page.sees('.figure-card svg text', '-', 90)
    await page.tab.press('?')
    await page.sees('dialog[open] .definitions')
    const wide = await page.tab.run(() =>
      [...document.querySelectorAll('.figure-card svg text, dialog *, .pane dd')]
        .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && /[a-z]-[a-z]/i.test(node.textContent!)))
        .filter((one) => getComputedStyle(one).fontVariantNumeric.includes('tabular'))
        .map((one) => one.textContent!.slice(0, 60)),
    )
    assert.equal(wide, [])
  }))

test('chromium: of a large layer the extremes and the sparse are seen in their own scale, others in that of the layer', () =>
  withPage('chromium', async (page) => {
    const series = join(FIXTURES, 'series/robust/step=1170.ckpt')
    await page.drop(series)
    await page.show('#/model/step=1170/5?part=extremes')
    await page.sees('.pane.third .about', 'Each filter up to its own largest weight')
    await page.click('.grid-choices button', 'Layer')
    await page.sees('.pane.third .about', 'One colour scale for the layer')
    await until(page.tab, 'the choice in the address', () => location.hash.includes('scale=layer'), [])
    await page.show('#/model/step=1170/5?part=all')
    await page.sees('.pane.third .about', 'One colour scale for the layer')
  }))

test.run()
