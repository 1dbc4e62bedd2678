// A real wheel over each pane, at the widths of phones, tablets and desktops: whatever a pane holds can be reached.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NORMAL, withPage } from './harness/page.ts'
import { until } from './harness/tab.ts'

/** What of a pane lies below the window, in CSS pixels, and where its middle is; the pane scrolls, or the page does. */
function pane(selector: string): { readonly left: number; readonly x: number; readonly y: number } | null {
  const element = document.querySelector(selector)
  if (!element || getComputedStyle(element).display === 'none') return null
  const inner = element.querySelector('.inner') ?? element
  const box = element.getBoundingClientRect()
  const [top, bottom] = [Math.max(60, box.top), Math.min(innerHeight, box.bottom)]
  return { left: inner.getBoundingClientRect().bottom - innerHeight, x: (box.left + box.right) / 2, y: (top + bottom) / 2 }
}

for (const engine of ['chromium', 'firefox'] as const)
  for (const width of [390, 768, 1024, 1280, 1440, 1920])
    test(`${engine}, ${width} px: the wheel reaches the end of the model's and of the layer's pane, and a layer opens where it is seen`, () =>
      withPage(engine, async (page) => {
        const { tab } = page
        if (!tab.wheel) throw new Error(`${engine} has no wheel`)
        await tab.resize(width, 800)
        await page.drop(NORMAL)
        for (const [address, selector] of [
          ['#/model/preact_w24_cifar10_normal', '.pane.middle'],
          ['#/model/preact_w24_cifar10_normal/3', '.pane.third'],
        ] as const) {
          await page.sees('table, .pane')
          await page.show(address)
          await until(
            tab,
            `${selector} at ${address}`,
            (css) => {
              const box = document.querySelector(css)?.getBoundingClientRect()
              return box !== undefined && box.width > 200 && box.top < innerHeight / 2
            },
            [selector],
          )
          // The pane is whole: what is read from the file comes last, and makes it longer.
          if (selector === '.pane.third') await page.sees('.pane.third h3', 'Least typical')
          else await page.sees('.pane.middle summary', 'Everything in the file')
          const start = (await tab.run(pane, selector))!
          assert.ok(start.left > 20, `${selector} holds more than is seen (${start.left} px)`)
          for (let turns = 0; turns < 60 && (await tab.run(pane, selector))!.left > 1; turns++) {
            await tab.wheel(start.x, start.y, 400)
            await new Promise((resolve) => setTimeout(resolve, 40))
          }
          const end = (await tab.run(pane, selector))!
          assert.ok(end.left <= 1, `${end.left} of ${start.left} px of ${selector} cannot be reached`)
        }
        const wide = await tab.run(() => document.documentElement.scrollWidth - innerWidth)
        assert.ok(wide <= 0, `the page is ${wide} px wider than the window`)
      }))

test.run()
