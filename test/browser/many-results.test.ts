import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { outputFolder } from '../../src/io/node-output.ts'
import { writeResults } from '../../src/results/write-results.ts'
import { moduleSha256 } from '../../src/wasm/module.ts'
import { modelRow, syntheticAnalysis } from '../analysis/synthetic.ts'
import { filterlens } from '../cli/run.ts'
import { withPage } from './harness/page.ts'

// Results with so many layers that the page does not hold them. FILTERLENS_RESULTS=results.zip measures others, of 10,000 models.

const MODELS = 2000
const LAYERS = 12

/** The zip of results that were never measured, and how many models it has. */
async function manyResults(folder: string): Promise<string> {
  const rows = Array.from({ length: MODELS }, (_, k) =>
    modelRow(`model${String(k).padStart(6, '0')}`, {
      Robust: k % 2 === 1,
      Backbone: `net${k % 7}`,
      'Clean Accuracy': 80 + (k % 10),
    }),
  )
  const made = syntheticAnalysis(rows, LAYERS)
  const analysis = { ...made, parameters: { ...made.parameters, kernel_sha256: moduleSha256 } }
  const facts = { command: 'test', finished: '2026-01-01T00:00:00Z', machine: {}, license: 'https://x.org/' }
  await writeResults(outputFolder(join(folder, 'results')), { analysis, inputs: null }, facts)
  const zip = join(folder, 'results.zip')
  const packed = await filterlens(['pack', join(folder, 'results'), '-o', zip])
  assert.is(packed.code, 0, packed.err)
  return zip
}

test('chromium: results of thousands of models open at once, are looked through without a pause, and a model is read when it is opened', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'filterlens-many-'))
  try {
    const given = process.env['FILTERLENS_RESULTS']
    const zip = given ?? (await manyResults(folder))
    await withPage('chromium', async (page) => {
      const begun = performance.now()
      await page.drop(zip)
      await page.sees('h1', 'Models')
      await page.sees('table.overview tbody tr.can')
      const opened = performance.now() - begun
      const many = await page.textOf('main [role=status]')
      const pauses = await page.tab.run(async () => {
        const longest: number[] = []
        const field = document.querySelector<HTMLInputElement>('#find')!
        const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
        const during = async (work: () => void): Promise<void> => {
          const start = performance.now()
          work()
          await frame()
          longest.push(performance.now() - start)
        }
        for (const text of ['m', 'mo', 'model0001', 'model00012', '', 'net3', ''])
          await during(() => {
            field.value = text
            field.dispatchEvent(new Event('input', { bubbles: true }))
          })
        const box = document.querySelector('table.overview')!.parentElement!
        for (let k = 1; k <= 20; k++) await during(() => (box.scrollTop = (box.scrollHeight * k) / 20))
        for (const head of document.querySelectorAll<HTMLElement>('table.overview thead button')) await during(() => head.click())
        return longest
      })
      const worst = pauses.reduce((most, pause) => Math.max(most, pause), 0)
      await page.sees('.results', 'Unchanged since they were written', 120)
      const held = performance.now() - begun
      await page.show('#/model/model000001')
      await page.sees('table.compact tbody tr')
      const rows = await page.tab.run(() => document.querySelectorAll('table.compact tbody tr').length)
      if (given) {
        console.log(
          `${many}: seen after ${opened} ms, held after ${held} ms, longest pause ${worst} ms of ${pauses.map(Math.round)}`,
        )
        return
      }
      assert.is(rows, LAYERS)
      assert.ok(opened < 10_000, `seen after ${opened} ms`)
      assert.ok(worst < 1500, `a pause of ${worst} ms`)
      await page.show('#/groups')
      await page.sees('main', 'normal: 1,000 models', 120)
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test.run()
