import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { safetensorsHead } from './harness/network.ts'
import { NORMAL, type OpenPage, ROBUST, withPage } from './harness/page.ts'
import { until } from './harness/tab.ts'

// Cancel, pressed with a mouse in every state of a drop: what is dropped later is read, and nothing stays of what was cancelled.

const LAYERS = 400
const [OUT, IN] = [1024, 512]
const LAYER_BYTES = OUT * IN * 9 * 4

/** A safetensors file of 7.5 GB that takes no room on the disk: zeros. */
async function writeLarge(path: string): Promise<void> {
  const head = safetensorsHead(Array.from({ length: LAYERS }, (_, k) => ({ name: `features.${k}.weight`, out: OUT, in: IN })))
  const file = await open(path, 'w')
  try {
    await file.write(head)
    await file.truncate(head.length + LAYERS * LAYER_BYTES)
  } finally {
    await file.close()
  }
}

let folder: string
const large: string[] = []

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filterlens-cancel-'))
  for (const name of ['first.safetensors', 'second.safetensors']) {
    large.push(join(folder, name))
    await writeLarge(large.at(-1)!)
  }
})
test.after(() => rm(folder, { recursive: true }))

/** Presses and lets go of the mouse over the button of that job, so many times, as fast as it goes. */
async function press({ tab }: OpenPage, label: string, times = 1): Promise<void> {
  const [x, y] = await tab.run((name) => {
    const job = [...document.querySelectorAll('.job')].find((one) => (one.querySelector('strong')?.textContent ?? '') === name)
    const { left, top, width, height } = job!.querySelector('button')!.getBoundingClientRect()
    return [left + width / 2, top + height / 2] as const
  }, label)
  for (let k = 1; k <= times; k++)
    for (const type of ['mousePressed', 'mouseReleased'])
      await tab.devtools!('Input.dispatchMouseEvent', { type, x, y, button: 'left', buttons: 1, clickCount: k })
}

const jobGone = (page: OpenPage, label: string): Promise<void> =>
  until(
    page.tab,
    `no job for ${label}`,
    (name) => ![...document.querySelectorAll('.job strong')].some((one) => one.textContent === name),
    [label],
    30,
  )

const progressOf = (page: OpenPage, label: string, percent: number): Promise<void> =>
  until(
    page.tab,
    `${percent} % of ${label}`,
    (name, least) =>
      Number(document.querySelector(`[role=progressbar][aria-label="Reading ${name}"]`)?.getAttribute('aria-valuenow') ?? 0) >=
      least,
    [label, percent] as [string, number],
    120,
  )

const modelsIn = ({ tab }: OpenPage): Promise<number> => tab.run(() => document.querySelectorAll('.model-link').length)

test('chromium: Cancel while a file is opened, measured, pressed twice, with drops waiting and figures drawn', () =>
  withPage('chromium', async (page) => {
    const [first, second] = ['first.safetensors', 'second.safetensors']
    // As soon as the button is there.
    await page.drop(large[0]!)
    await page.sees('.job button', 'Cancel')
    await press(page, first)
    await jobGone(page, first)
    // In the middle, twice.
    await page.drop(large[0]!)
    await progressOf(page, first, 1)
    await press(page, first, 2)
    await jobGone(page, first)
    assert.is(await modelsIn(page), 0)
    // A second drop waits behind it, and is read; the first one's Cancel is pressed when it comes.
    await page.drop(large[0]!)
    await page.sees('.job strong', first)
    await page.drop(NORMAL)
    await press(page, first)
    await jobGone(page, first)
    await page.sees('.model-link', 'preact_w24_cifar10_normal')
    // The second of two is cancelled: the first goes on, though the worker of both was ended.
    await page.drop(large[0]!)
    await page.drop(large[1]!)
    await page.sees('.job strong', second)
    await progressOf(page, first, 1)
    await press(page, second)
    await jobGone(page, second)
    await progressOf(page, first, 2)
    // Figures are drawn meanwhile, by the other worker.
    await page.drop(ROBUST)
    await page.sees('.model-link', 'preact_w24_cifar10_robust')
    await page.show('#/figures')
    await page.show('#/models')
    await page.sees('.job strong', first)
    await press(page, first)
    await jobGone(page, first)
    await page.show('#/figures')
    await page.sees('.figure-card svg text')
    // What is dropped now is read, and there is nothing of what was cancelled.
    await page.drop(NORMAL)
    await page.sees('.model-link', 'preact_w24_cifar10_normal (2)')
    assert.is(await modelsIn(page), 3)
  }))

test.run()
