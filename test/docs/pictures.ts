// The pictures in README.md, as Chromium draws the page and a report of data/ now: npm run docs:pictures. They are small on purpose.
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBrowser } from '../browser/harness/open.ts'
import { NORMAL, ROBUST, seesFilters, withPage } from '../browser/harness/page.ts'
import { serveFolders } from '../browser/harness/server.ts'
import { filterlens } from '../cli/run.ts'

const folder = 'docs/pictures'
await mkdir(folder, { recursive: true })

await withPage('chromium', async (page) => {
  const { tab, drop, sees, show } = page
  await tab.resize(1240, 720)
  await drop(NORMAL, ROBUST)
  await sees('body', 'preact_w24_cifar10_robust')
  await show('#/model/preact_w24_cifar10_normal/5')
  await seesFilters(page)
  await new Promise((resolve) => setTimeout(resolve, 500)) // what moves has come to rest
  await tab.screenshot(join(folder, 'page.png'))
})

const results = await mkdtemp(join(tmpdir(), 'filterlens-pictures-'))
try {
  const words = ['analyze', 'data', '--meta', 'data/meta.csv', '--pairs', 'data/pairs.csv', '--report', '-o', results]
  const { code, err } = await filterlens(words)
  if (code !== 0) throw new Error(err)
  const tab = await openBrowser('chromium')
  if (!tab) throw new Error('the pictures need Chromium')
  const server = await serveFolders({ '/': results })
  try {
    await tab.resize(1000, 900)
    await tab.goto(`${server.url}/report.html`)
    await tab.screenshot(join(folder, 'report.png'))
  } finally {
    await tab.close()
    await server.close()
  }
} finally {
  await rm(results, { recursive: true, force: true })
}
for (const name of ['page.png', 'report.png'])
  console.log(`${join(folder, name)}: ${(await stat(join(folder, name))).size} bytes`)
