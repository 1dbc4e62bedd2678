// Files too large for a copy are kept as what leads to them (File System Access handles), and are here after a reload (Chromium alone has these).
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { dragOver, letGo, NORMAL, type OpenPage, withPage } from './harness/page.ts'
import { reload, until } from './harness/tab.ts'

/** A model of more bytes than the page keeps copies of: one convolution, and a table that is a hole in the file. */
async function largeModel(path: string): Promise<void> {
  const rows = 132_000
  const table = rows * 1000 * 4
  const header = {
    'conv.weight': { dtype: 'F32', shape: [8, 4, 3, 3], data_offsets: [0, 1152] },
    table: { dtype: 'F32', shape: [rows, 1000], data_offsets: [1152, 1152 + table] },
  }
  const text = Buffer.from(JSON.stringify(header))
  const head = Buffer.alloc(8)
  head.writeUInt32LE(text.length, 0)
  const weights = Float32Array.from({ length: 288 }, (_, k) => ((k * 37) % 101) / 101 - 0.5)
  const file = await open(path, 'w')
  await file.write(Buffer.concat([head, text, Buffer.from(weights.buffer)]))
  await file.truncate(8 + text.length + 1152 + table)
  await file.close()
}

test('chromium: a dropped file of more than 512 MB is kept where it lies, and is here after a reload', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-handles-'))
  try {
    const path = join(folder, 'large.safetensors')
    await largeModel(path)
    await withPage('chromium', async (page) => {
      const { tab } = page
      await dragOver(page, [path])
      await page.sees('.over', 'Drop')
      await letGo(page, [path])
      await page.sees('.pane.middle h2', 'large')
      // Kept as a handle: no bytes are in the data base.
      await tab.run(async () => {
        const answer = <T>(request: IDBRequest<T>): Promise<T> =>
          new Promise((resolve, reject) => {
            request.onsuccess = () => resolve(request.result)
            request.onerror = () => reject(request.error)
          })
        for (let tries = 0; tries < 200; tries++) {
          const db = await answer(indexedDB.open('filterlens'))
          const drops = db.objectStoreNames.contains('drops')
            ? await answer<{ files: object[] }[]>(db.transaction('drops').objectStore('drops').getAll())
            : []
          db.close()
          const files = drops.flatMap((drop) => drop.files)
          if (files.length === 1 && 'handle' in files[0]!) return
          if (files.length > 0) throw new Error(`kept with ${Object.keys(files[0]!).join(', ')}`)
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
        throw new Error('nothing was kept')
      })
      await reload(tab)
      // The browser lets the page read it at once, or asks first: then a button opens it again. (Without a window nobody answers.)
      await until(
        tab,
        'the model, or a button that opens it',
        () =>
          document.querySelector('.pane.middle h2')?.textContent === 'large' ||
          [...document.querySelectorAll('button')].some((button) =>
            /Open large\.safetensors again/.test(button.textContent ?? ''),
          ),
        [],
      )
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})

/** Puts a file of the browser's own file system, whose handles need no permission, in the place of the copy that the page has kept. */
const keepByHandle = ({ tab }: OpenPage): Promise<void> =>
  tab.run(async () => {
    const answer = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
    for (let tries = 0; tries < 200; tries++) {
      const db = await answer(indexedDB.open('filterlens'))
      const store = () => db.transaction('drops', 'readwrite').objectStore('drops')
      const drops = db.objectStoreNames.contains('drops')
        ? await answer<{ files: { path: string; blob: Blob }[] }[]>(store().getAll())
        : []
      const [drop] = drops
      if (drop) {
        const [{ path, blob }] = drop.files as [{ path: string; blob: Blob }]
        const root = await navigator.storage.getDirectory()
        const handle = await root.getFileHandle(path, { create: true })
        const writer = await handle.createWritable()
        await writer.write(blob)
        await writer.close()
        await answer(store().put({ ...drop, files: [{ path, handle }] }))
        db.close()
        return
      }
      db.close()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error('nothing was kept')
  })

const isShown = ({ tab }: OpenPage): Promise<void> =>
  until(tab, 'the layers', () => document.querySelectorAll('.pane.middle .layer-name').length === 13, [])

test('chromium: what is kept by a handle that may be read is measured again from its file after a reload', () =>
  withPage('chromium', async (page) => {
    await page.drop(NORMAL)
    await isShown(page)
    await keepByHandle(page)
    await reload(page.tab)
    await isShown(page)
  }))

test('chromium: a handle that has to be asked for: a button, and the model once the person has said yes; no leaves the button', () =>
  withPage('chromium', async (page) => {
    const { tab } = page
    await page.drop(NORMAL)
    await isShown(page)
    await keepByHandle(page)
    // Nobody can answer the browser's own question here: it asks in both, and the page gets this answer.
    await tab.devtools!('Page.enable', {})
    await tab.devtools!('Page.addScriptToEvaluateOnNewDocument', {
      source: `FileSystemHandle.prototype.queryPermission = async () => 'prompt'
        FileSystemHandle.prototype.requestPermission = async () => globalThis.said ?? 'denied'`,
    })
    await reload(tab)
    await page.click('button', 'Open preact_w24_cifar10_normal.onnx again')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await page.sees('button', 'Open preact_w24_cifar10_normal.onnx again')
    await tab.run(() => {
      Object.assign(globalThis, { said: 'granted' })
    })
    await page.click('button', 'Open preact_w24_cifar10_normal.onnx again')
    await isShown(page)
    await until(tab, 'no button any more', () => !/Open preact.* again/.test(document.body.textContent ?? ''), [])
  }))

test.run()
