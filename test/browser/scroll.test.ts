// A real wheel over each pane, at the widths of phones, tablets and desktops: whatever a pane holds can be reached.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NORMAL, type OpenPage, withPage } from './harness/page.ts'
import { engines, until } from './harness/tab.ts'

/** What of a pane lies below the window, in CSS pixels, and where its middle is; the pane scrolls, or the page does. */
function pane(selector: string): { readonly left: number; readonly x: number; readonly y: number } | null {
  const element = document.querySelector(selector)
  if (!element || getComputedStyle(element).display === 'none') return null
  const inner = element.querySelector('.inner') ?? element
  const box = element.getBoundingClientRect()
  const [top, bottom] = [Math.max(60, box.top), Math.min(innerHeight, box.bottom)]
  return { left: inner.getBoundingClientRect().bottom - innerHeight, x: (box.left + box.right) / 2, y: (top + bottom) / 2 }
}

const WIDTHS = [390, 768, 1024, 1280, 1440, 1920]

for (const engine of engines)
  test(`${engine}: at each width the wheel reaches the end of the model's and of the layer's pane, and a layer opens where it is seen`, () =>
    withPage(engine, async (page) => {
      await page.tab.resize(WIDTHS[0]!, 800)
      await page.drop(NORMAL)
      for (const width of WIDTHS) {
        await page.tab.resize(width, 800)
        await page.show('#/models')
        await page.sees('table, .pane')
        for (const [address, selector] of [
          ['#/model/preact_w24_cifar10_normal', '.pane.middle'],
          ['#/model/preact_w24_cifar10_normal/3', '.pane.third'],
        ] as const)
          await wheelReachesTheEnd(page, width, address, selector)
        const wide = await page.tab.run(() => document.documentElement.scrollWidth - innerWidth)
        assert.ok(wide <= 0, `${width} px: the page is ${wide} px wider than the window`)
      }
    }))

async function wheelReachesTheEnd(page: OpenPage, width: number, address: string, selector: string): Promise<void> {
  const { tab } = page
  await page.show(address)
  await until(
    tab,
    `${selector} at ${address}, ${width} px`,
    (css) => {
      const box = document.querySelector(css)?.getBoundingClientRect()
      return box !== undefined && box.width > 200 && box.top < innerHeight / 2
    },
    [selector],
  )
  // The pane is whole: what is read from the file comes last, and makes it longer.
  if (selector === '.pane.third') await page.sees('.pane.third h3', 'Least typical')
  else await page.sees('.pane.middle summary', 'Everything in the file')
  await tab.run((css) => {
    scrollTo(0, 0)
    for (let at = document.querySelector(css); at; at = at.parentElement) at.scrollTop = 0
  }, selector)
  const start = (await tab.run(pane, selector))!
  assert.ok(start.left > 20, `${width} px: ${selector} holds more than is seen (${start.left} px)`)
  for (let turns = 0; turns < 60 && (await tab.run(pane, selector))!.left > 1; turns++) {
    await tab.wheel(start.x, start.y, 400)
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
  const end = (await tab.run(pane, selector))!
  assert.ok(end.left <= 1, `${width} px: ${end.left} of ${start.left} px of ${selector} cannot be reached`)
}

test.run()
