import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { DATA, withPage } from './harness/page.ts'
import { until } from './harness/tab.ts'

// Sixty models are measured, compared as groups and drawn while the page's own thread stays free.

const COPIES = 5
/** Milliseconds that a person may be kept waiting for the answer to a key or a click. */
const ALLOWED = 200

test('chromium: no task of the page is longer than 200 ms while 60 models are measured, compared and drawn', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-sixty-'))
  try {
    const sources = (await readdir(DATA)).filter((name) => name.endsWith('.onnx'))
    const [meta, pairs] = [['Name,Robust,Training-Dataset'], ['Robust,Normal']]
    for (let k = 0; k < COPIES; k++) {
      for (const source of sources) {
        const name = `${k}-${source.replace('.onnx', '')}`
        await cp(join(DATA, source), join(folder, `${name}.onnx`))
        meta.push(`${name},${source.includes('robust')},${source.includes('cifar10') ? 'cifar10' : 'fashion_mnist'}`)
        if (source.includes('robust')) pairs.push(`${name},${name.replace('robust', 'normal')}`)
      }
    }
    await writeFile(join(folder, 'meta.csv'), `${meta.join('\n')}\n`)
    await writeFile(join(folder, 'pairs.csv'), `${pairs.join('\n')}\n`)
    const paths = (await readdir(folder)).map((name) => join(folder, name))
    // What shares the processor's caches makes a task longer: one that is too long has to be so twice.
    let longest = Number.POSITIVE_INFINITY
    for (let run = 0; run < 2 && longest > ALLOWED; run++) {
      longest = Math.min(longest, await longestTask(paths))
      console.log(`60 models: the longest task of the page took ${longest.toFixed(0)} ms of processor time`)
    }
    assert.ok(longest <= ALLOWED, `${longest.toFixed(0)} ms`)
  } finally {
    await rm(folder, { recursive: true })
  }
})

/** Milliseconds of processor time of the longest task while everything is opened and looked at. */
async function longestTask(paths: readonly string[]): Promise<number> {
  let longest = Number.NaN
  await withPage('chromium', async (page) => {
    longest = await page.tab.longestTask!(async () => {
      await page.drop(...paths)
      await page.sees('table.overview tbody', '0-preact', 240)
      await page.show('#/groups')
      await page.sees('main', 'normal: 30 models')
      await page.sees('.figure-card svg text', 'distribution shift', 240)
      await page.show('#/figures')
      await until(page.tab, 'the figures', () => document.querySelectorAll('.figure-card svg').length >= 5, [], 120)
      await page.show('#/model/0-preact_w24_cifar10_normal/4')
      await page.sees('.pane.third h3', 'Least typical')
    })
  })
  return longest
}

test.run()
