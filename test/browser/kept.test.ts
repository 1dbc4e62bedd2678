// What was dropped is here after a reload, in the tab that it was dropped into, until it is put away.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NORMAL, type OpenPage, ROBUST, withPage } from './harness/page.ts'
import { engines, reload, until } from './harness/tab.ts'

/** Waits until what the tab keeps is written: how many models, from the page's own data base. */
const kept = ({ tab }: OpenPage, models: number): Promise<void> =>
  tab.run(async (wanted) => {
    const answer = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
    let found = -1
    for (let tries = 0; tries < 200 && found !== wanted; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      const db = await answer(indexedDB.open('filterlens'))
      const drops = db.objectStoreNames.contains('drops')
        ? await answer<{ models: string[] }[]>(db.transaction('drops').objectStore('drops').getAll())
        : []
      db.close()
      found = drops.flatMap((drop) => drop.models).length
    }
    if (found !== wanted) throw new Error(`${found} models are kept, not ${wanted}`)
  }, models)

for (const engine of engines)
  test(`${engine}: dropped files are here after a reload, and what was put away is not`, () =>
    withPage(engine, async (page) => {
      await page.drop(NORMAL, ROBUST)
      await page.sees('.pane.middle', 'preact_w24_cifar10_robust')
      await kept(page, 2)
      await page.show('#/model/preact_w24_cifar10_robust/3')
      await page.sees('.pane.third h2')
      await reload(page.tab)
      await page.sees('.pane.third h3', 'Least typical filters')
      assert.is(await page.tab.run(() => document.querySelectorAll('.model-link').length), 2)
      await page.show('#/models')
      await page.click('[aria-label="Remove preact_w24_cifar10_normal from the page"]')
      await until(page.tab, 'one model', () => document.querySelectorAll('.overview tbody tr').length === 1, [])
      await kept(page, 1)
      await reload(page.tab)
      await page.sees('.overview tbody', 'preact_w24_cifar10_robust')
      await until(page.tab, 'one model', () => document.querySelectorAll('.overview tbody tr').length === 1, [])
      await page.click('[aria-label="Remove preact_w24_cifar10_robust from the page"]')
      await kept(page, 0)
      await reload(page.tab)
      await page.sees('h1', 'Drop models')
    }))

test('chromium: an example is here after a reload', () =>
  withPage('chromium', async (page) => {
    await page.click('.example')
    await page.sees('.pane.middle h2', 'vgg_w16_cifar10_normal')
    await kept(page, 1)
    await reload(page.tab)
    await page.sees('.pane.middle h2', 'vgg_w16_cifar10_normal')
  }))

test.run()
