import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../src/index.ts'
import { openFile } from '../../src/io/node.ts'
import { emptyFolder } from '../../src/io/random-access.ts'
import { safetensorsHead } from './harness/network.ts'
import { NORMAL, withPage } from './harness/page.ts'
import { until } from './harness/tab.ts'

// A file of half a gigabyte in the page: memory, cancelling, and speed beside Node's.

const LAYERS = 14
const [OUT, IN] = [1024, 1024]
const LAYER_BYTES = OUT * IN * 9 * 4
const MB = 1 << 20

/** A safetensors file of 14 layers of 1024 × 1024 3×3 filters, 528 MB: numbers of a fixed generator, the same in every layer but for their start. */
async function writeLarge(path: string): Promise<void> {
  const head = safetensorsHead(Array.from({ length: LAYERS }, (_, k) => ({ name: `features.${k}.weight`, out: OUT, in: IN })))
  const layer = new Float32Array(LAYER_BYTES / 4)
  let state = 1
  for (let k = 0; k < layer.length; k++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    layer[k] = state / 2 ** 31
  }
  const file = await open(path, 'w')
  try {
    await file.write(head)
    for (let k = 0; k < LAYERS; k++) {
      layer[0] = k / LAYERS
      await file.write(new Uint8Array(layer.buffer))
    }
  } finally {
    await file.close()
  }
}

let folder: string
let large: string

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filterlens-large-'))
  large = join(folder, 'large.safetensors')
  await writeLarge(large)
})
test.after(() => rm(folder, { recursive: true }))

test('chromium: cancelling in the middle leaves the page as it was, ready for the next file', () =>
  withPage('chromium', async (page) => {
    await page.drop(NORMAL)
    await page.sees('.pane.middle h2', 'preact_w24')
    await page.drop(large)
    await until(
      page.tab,
      'progress within the file',
      () => Number(document.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow') ?? 0) > 0,
      [],
      60,
    )
    const before = Date.now()
    await page.click('.job .button')
    await until(page.tab, 'no job', () => document.querySelector('.job') === null, [])
    assert.ok(Date.now() - before < 5000, 'cancelling takes less than five seconds')
    assert.is(await page.tab.run(() => document.querySelectorAll('.model-link').length), 1)
    await page.drop(NORMAL)
    await page.sees('.model-link', 'preact_w24_cifar10_normal (2)')
  }))

test('chromium: a file of 528 MB is measured and shown in bounded memory, about as fast as in Node', () =>
  withPage('chromium', async (page) => {
    const access = await openFile(large)
    const nodeStarted = performance.now()
    const analysis = await analyze([{ path: 'large.safetensors', access, folder: emptyFolder }])
    const nodeSeconds = (performance.now() - nodeStarted) / 1000
    assert.is(analysis.layers.length, LAYERS)

    const start = page.tab.memory()
    let peak = 0
    const watch = setInterval(() => (peak = Math.max(peak, page.tab.memory() ?? 0)), 200)
    try {
      const pageStarted = performance.now()
      await page.drop(large)
      await page.sees('.pane.middle h2', 'large', 240)
      const pageSeconds = (performance.now() - pageStarted) / 1000
      assert.match(await page.textOf('.pane.middle'), /14 layers measured, 14,680,064 filters/)
      await page.show('#/model/large/3')
      await page.sees('.pane.third h3', 'Least typical filters', 120)
      await page.click('[aria-label="Zoom in"]')
      await page.sees('.grid-frame canvas')
      console.log(
        `528 MB: Node ${nodeSeconds.toFixed(1)} s, page ${pageSeconds.toFixed(1)} s; memory ${Math.round((start ?? 0) / MB)} MB before, ${Math.round(peak / MB)} MB at most`,
      )
      if (start === null) console.log('skipped: memory of the browser (only Linux tells)')
      else assert.ok(peak - start < 900 * MB, `${Math.round((peak - start) / MB)} MB more than before`)
    } finally {
      clearInterval(watch)
    }
  }))

test.run()
