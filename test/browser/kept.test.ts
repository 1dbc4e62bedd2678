// What was dropped is here after a reload, in the tab that it was dropped into, until it is put away.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NORMAL, type OpenPage, ROBUST, withPage } from './harness/page.ts'
import { engines, until } from './harness/tab.ts'

const reload = ({ tab }: OpenPage): Promise<void> => tab.run(() => location.reload())

/** Waits until a tab's drops are written: how many there are, from the page's own data base. */
const kept = ({ tab }: OpenPage, drops: number): Promise<void> =>
  tab.run(async (wanted) => {
    for (let tries = 0; tries < 200; tries++) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open('filterlens')
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
      const count = db.objectStoreNames.contains('drops')
        ? await new Promise<number>((resolve) => {
            const request = db.transaction('drops').objectStore('drops').count()
            request.onsuccess = () => resolve(request.result)
          })
        : 0
      db.close()
      if (count === wanted) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`not ${wanted} drops`)
  }, drops)

for (const engine of engines)
  test(`${engine}: dropped files are here after a reload, and what was put away is not`, () =>
    withPage(engine, async (page) => {
      await page.drop(NORMAL, ROBUST)
      await page.sees('.pane.middle', 'preact_w24_cifar10_robust')
      await kept(page, 1)
      await page.show('#/model/preact_w24_cifar10_robust/3')
      await page.sees('.pane.third h2')
      await reload(page)
      await page.sees('.pane.third h3', 'Least typical filters')
      assert.is(await page.tab.run(() => document.querySelectorAll('.model-link').length), 2)
      await page.show('#/models')
      await page.click('[aria-label="Remove preact_w24_cifar10_normal from the page"]')
      await until(page.tab, 'one model', () => document.querySelectorAll('.overview tbody tr').length === 1, [])
      await reload(page)
      await page.sees('.overview tbody', 'preact_w24_cifar10_robust')
      await until(page.tab, 'one model', () => document.querySelectorAll('.overview tbody tr').length === 1, [])
      await page.click('[aria-label="Remove preact_w24_cifar10_robust from the page"]')
      await kept(page, 0)
      await reload(page)
      await page.sees('h1', 'Drop models')
    }))

test('chromium: an example is here after a reload', () =>
  withPage('chromium', async (page) => {
    await page.click('.example')
    await page.sees('.pane.middle h2', 'vgg_w16_cifar10_normal')
    await kept(page, 1)
    await reload(page)
    await page.sees('.pane.middle h2', 'vgg_w16_cifar10_normal')
  }))

test.run()
