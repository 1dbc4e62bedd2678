// Keys and fingers at the widths of phones, tablets and desktops, in every browser: whatever can be opened can be reached.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NORMAL, type OpenPage, withPage } from './harness/page.ts'
import { engines, until } from './harness/tab.ts'

const widths = [390, 768, 1024, 1280, 1440, 1920] as const

const views = [
  ['#/model/preact_w24_cifar10_normal', '.pane.middle', 'Everything in the file'],
  ['#/model/preact_w24_cifar10_normal/3', '.pane.third', 'Least typical'],
] as const

/** Shows a view and waits until its deepest pane is seen from its beginning. */
async function open(page: OpenPage, address: string, selector: string, holds: string): Promise<void> {
  await page.show(address)
  await page.sees(selector, holds)
  await until(
    page.tab,
    `${selector} at ${address}`,
    (css) => {
      const box = document.querySelector(css)?.getBoundingClientRect()
      return box !== undefined && box.width > 200 && box.top < innerHeight / 2
    },
    [selector],
  )
}

/** Each view at each width, shown; `work` is given the selector of its deepest pane. */
async function atEachWidth(page: OpenPage, work: (selector: string, width: number) => Promise<void>): Promise<void> {
  for (const width of widths) {
    await page.tab.resize(width, 800)
    for (const [address, selector, holds] of views) {
      await open(page, address, selector, holds)
      await work(selector, width)
    }
  }
}

/** CSS pixels of a pane's content below the window. */
function below(selector: string): number {
  const element = document.querySelector(selector)!
  return (element.querySelector('.inner') ?? element).getBoundingClientRect().bottom - innerHeight
}

for (const engine of engines)
  test(`${engine}: the End key reaches the end of each pane, at six widths`, () =>
    withPage(engine, async (page) => {
      const { tab } = page
      await tab.resize(1280, 800)
      await page.drop(NORMAL)
      await page.sees('.pane.middle h2', 'preact')
      await atEachWidth(page, async (selector, width) => {
        // What has the focus scrolls: a link in the pane, as after Tab.
        await tab.run(
          (css) =>
            [...document.querySelectorAll<HTMLElement>(`${css} a[href], ${css} button`)]
              .find((one) => one.offsetParent !== null)!
              .focus({ preventScroll: true }),
          selector,
        )
        // Once more where the pane has grown meanwhile.
        for (let k = 0; k < 20 && (await tab.run(below, selector)) > 1; k++) {
          await tab.press('End')
          await new Promise((resolve) => setTimeout(resolve, 150))
        }
        const left = await tab.run(below, selector)
        assert.ok(left <= 1, `${left} px of ${selector} cannot be reached by keys at ${width} px`)
        assert.ok((await tab.run(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0)
      })
    }))

test('chromium: a finger reaches the end of each pane, at six widths', () =>
  withPage('chromium', async (page) => {
    const { tab } = page
    await tab.devtools!('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 2 })
    await page.drop(NORMAL)
    await page.sees('.pane.middle h2', 'preact')
    await atEachWidth(page, async (selector, width) => {
      const x = await tab.run((css) => {
        const { left, right } = document.querySelector(css)!.getBoundingClientRect()
        return (left + right) / 2
      }, selector)
      const touch = (type: string, ...ys: readonly number[]) =>
        tab.devtools!('Input.dispatchTouchEvent', { type, touchPoints: ys.map((y) => ({ x, y, id: 0 })) })
      for (let swipes = 0; swipes < 40 && (await tab.run(below, selector)) > 1; swipes++) {
        await touch('touchStart', 700)
        for (let y = 680; y >= 200; y -= 40) await touch('touchMove', y)
        await touch('touchEnd')
      }
      const left = await tab.run(below, selector)
      assert.ok(left <= 1, `${left} px of ${selector} cannot be reached by a finger at ${width} px`)
    })
  }))

for (const engine of engines)
  test(`${engine}: every link and button of a layer's view can be reached by Tab, and is seen then`, () =>
    withPage(engine, async (page) => {
      const { tab } = page
      await page.drop(NORMAL)
      await open(page, '#/model/preact_w24_cifar10_normal/3', '.pane.third', 'Least typical')
      const all = await tab.run(() => {
        const found = [...document.querySelectorAll<HTMLElement>('.pane.third :is(a[href], button, canvas, [tabindex="0"])')]
        return found.filter((one) => one.offsetParent !== null && !(one as HTMLButtonElement).disabled).length
      })
      await tab.run(() => {
        // Tab goes on from where a click was: the heading before the first of them.
        const start = document.querySelector<HTMLElement>('.pane.third h2')!
        start.tabIndex = -1
        start.focus()
      })
      const hidden: string[] = []
      let reached = 0
      for (let k = 0; k < all + 5; k++) {
        await tab.press('Tab')
        const where = await tab.run(() => {
          const now = document.activeElement as HTMLElement | null
          if (!now?.closest('.pane.third')) return null
          const box = now.getBoundingClientRect()
          const isSeen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth
          return { isSeen, text: now.outerHTML.slice(0, 80) }
        })
        if (!where) break
        reached++
        if (!where.isSeen) hidden.push(where.text)
      }
      assert.equal(hidden, [])
      assert.ok(reached >= all - 2, `${reached} of ${all} by Tab`)
    }))

test.run()
