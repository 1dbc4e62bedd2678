import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NORMAL, type OpenPage, ROBUST, withPage } from './harness/page.ts'
import { until } from './harness/tab.ts'

// The filter grid under mouse, fingers and keys: what is drawn changes with each, and comes back.

interface Drawn {
  lastDrawn: string
}

/** Waits until the grid shows another picture than when it was last asked, and remembers the new one. */
const changes = (page: OpenPage, what: string): Promise<void> =>
  until(
    page.tab,
    what,
    () => {
      const canvas = document.querySelector<HTMLCanvasElement>('.grid-frame canvas')
      if (!canvas || canvas.width < 2) return false
      const kept = globalThis as unknown as Drawn
      const picture = canvas.toDataURL()
      if (picture === kept.lastDrawn) return false
      kept.lastDrawn = picture
      return true
    },
    [],
    20,
  )

/** Keeps the picture, and later waits until it is seen again. */
const remember = (page: OpenPage): Promise<string> => page.tab.run(() => document.querySelector('canvas')!.toDataURL())
const comesBack = (page: OpenPage, picture: string, what: string): Promise<void> =>
  until(page.tab, what, (wanted) => document.querySelector('canvas')!.toDataURL() === wanted, [picture], 20)

async function openLayer(page: OpenPage): Promise<{ x: number; y: number }> {
  await page.drop(NORMAL)
  await page.sees('.pane.middle h2', 'preact')
  await page.show('#/model/preact_w24_cifar10_normal/6')
  await page.sees('.pane.third h3', 'Least typical')
  await changes(page, 'the first picture')
  await until(
    page.tab,
    'weights in colour',
    () => !document.querySelector('.legend')!.textContent!.includes('largest weight of'),
    [],
  )
  return page.tab.run(() => {
    const canvas = document.querySelector('.grid-frame canvas')!
    canvas.scrollIntoView({ block: 'center' })
    const box = canvas.getBoundingClientRect()
    return { x: box.left + box.width / 2, y: box.top + box.height / 2 }
  })
}

/** The picture is at rest when two looks, some frames apart, see the same. */
const atRest = (page: OpenPage): Promise<void> =>
  page.tab.run(async () => {
    const canvas = document.querySelector('canvas')!
    for (let same = 0, before = ''; same < 3; ) {
      await new Promise((done) => setTimeout(done, 60))
      const now = canvas.toDataURL()
      same = now === before ? same + 1 : 0
      before = now
    }
  })

test('chromium: wheel, drag, double click and keys move the grid; 0 shows all again', () =>
  withPage('chromium', async (page) => {
    const { x, y } = await openLayer(page)
    await atRest(page)
    const mouse = (type: string, more: object = {}) =>
      page.tab.devtools!('Input.dispatchMouseEvent', { type, x, y, button: 'none', ...more })
    await page.tab.run(() => document.querySelector<HTMLElement>('.grid-frame canvas')!.focus())
    const whole = await remember(page)
    await mouse('mouseWheel', { deltaX: 0, deltaY: -400 })
    await changes(page, 'zoomed by the wheel')
    await mouse('mousePressed', { button: 'left', buttons: 1, clickCount: 1 })
    await mouse('mouseMoved', { x: x - 60, y: y - 30, button: 'left', buttons: 1 })
    await mouse('mouseReleased', { x: x - 60, y: y - 30, button: 'left', clickCount: 1 })
    await changes(page, 'moved by dragging')
    for (const clickCount of [1, 2]) {
      await mouse('mousePressed', { button: 'left', buttons: 1, clickCount })
      await mouse('mouseReleased', { button: 'left', clickCount })
    }
    await changes(page, 'zoomed by a double click')
    // The pointer tells which filter it is on, in numbers.
    await page.sees('.picked', 'largest weight')
    assert.match(await page.textOf('.picked'), /^Filter [\d,]+: output \d+, input \d+, largest weight/)
    for (const key of ['+', '-', 'ArrowRight', 'ArrowDown']) {
      // What a key changes is told from the picture before it: a late change taken for that of + would leave none for -.
      await atRest(page)
      await page.tab.run(() => {
        ;(globalThis as unknown as Drawn).lastDrawn = document.querySelector('canvas')!.toDataURL()
      })
      await page.tab.press(key)
      await changes(page, `the key ${key}`)
    }
    // Twelve times closer, one filter shows its nine numbers.
    for (let k = 0; k < 12; k++) await page.tab.press('+')
    await changes(page, 'one filter with its numbers')
    await mouse('mouseMoved', { x: 5, y: 5 })
    await page.tab.press('0')
    await atRest(page)
    await page.click('[aria-label="Sort"], fieldset[aria-label="Order of the filters"] button:nth-child(2)')
    await page.click('fieldset[aria-label="Order of the filters"] button:nth-child(1)')
    await comesBack(page, whole, 'the whole grid again')
  }))

test('chromium: two files of one name and one size, dropped one after the other, each show their own filters', () =>
  withPage('chromium', async (page) => {
    const folder = await mkdtemp(join(tmpdir(), 'filterlens-same-name-'))
    try {
      const first = await readFile(NORMAL)
      const second = await readFile(ROBUST)
      assert.is(first.length, second.length)
      const seen: string[] = []
      for (const [k, bytes] of [first, second].entries()) {
        const path = join(folder, String(k), 'net.onnx')
        await mkdir(join(folder, String(k)))
        await writeFile(path, bytes)
        await page.drop(path)
        await page.sees('.pane.middle h2', k === 0 ? 'net' : 'net (2)')
        await page.click('.pane.middle tbody a')
        await page.sees('.pane.third h3', 'Least typical')
        await page.tab.run(() => document.querySelector<HTMLElement>('.grid-frame canvas')!.focus())
        await page.tab.press('ArrowRight')
        await until(page.tab, 'nine weights', () => /(−?[\d.]+\s+){8}/.test(document.querySelector('.picked')!.textContent!), [])
        seen.push(await page.textOf('.picked'))
      }
      assert.is.not(seen[0], seen[1])
    } finally {
      await rm(folder, { recursive: true })
    }
  }))

test('chromium: two fingers zoom the grid on a phone; one finger scrolls the page past a grid that is seen whole', () =>
  withPage('chromium', async (page) => {
    await page.tab.resize(390, 844)
    const { x, y } = await openLayer(page)
    await atRest(page)
    const touch = (type: string, ...points: readonly (readonly [number, number])[]) =>
      page.tab.devtools!('Input.dispatchTouchEvent', { type, touchPoints: points.map(([px, py], id) => ({ x: px, y: py, id })) })
    const action = () => page.tab.run(() => document.querySelector<HTMLElement>('.grid-frame canvas')!.style.touchAction)
    assert.is(await action(), 'pan-y')
    await touch('touchStart', [x - 20, y], [x + 20, y])
    for (const far of [30, 45, 60, 90]) await touch('touchMove', [x - far, y], [x + far, y])
    await touch('touchEnd')
    await changes(page, 'zoomed by two fingers')
    assert.is(await action(), 'none')
    await atRest(page)
    await touch('touchStart', [x, y])
    for (const by of [10, 25, 40]) await touch('touchMove', [x + by, y + by])
    await touch('touchEnd')
    await changes(page, 'moved by one finger')
  }))

test.run()
