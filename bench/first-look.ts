// A stranger's first look, in Chromium: from a 45 MB .pth that is dropped to its flagged layer by name, and to that layer's picture.
// node dist/bench/first-look.js [rounds]
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seesFilters, withPage } from '../test/browser/harness/page.ts'
import { checkpoint } from './end-to-end-inputs.ts'
import { bellShaped } from './weights.ts'

const [LAYERS, SIDE, SPARSE] = [5, 512, 3]
/** Nobody drops a file in the second in which the page comes: its workers have started by then. */
const READY_MS = 1500
const rounds = Number(process.argv[2] ?? 5)

/** Five layers of 512 × 512 filters; in one of them three of four filters are close to zero. */
function model(): Uint8Array {
  const layers = Array.from({ length: LAYERS }, (_, k) => {
    const values = bellShaped(SIDE * SIDE)
    for (let at = 0; at < values.length; at++) {
      const isSparse = k === SPARSE && Math.floor(at / 9) % 4 > 0
      values[at]! *= isSparse ? 1e-9 : 1 + k / LAYERS
    }
    return values
  })
  return checkpoint(layers, [SIDE, SIDE, 3, 3])
}

const median = (values: readonly number[]): number => [...values].sort((x, y) => x - y)[values.length >> 1]!

const folder = await mkdtemp(join(tmpdir(), 'filterlens-first-look-'))
try {
  const path = join(folder, 'resnet.pth')
  const bytes = model()
  await writeFile(path, bytes)
  const times: { named: number; seen: number }[] = []
  for (let round = 0; round < rounds; round++)
    await withPage('chromium', async (page) => {
      await new Promise((resolve) => setTimeout(resolve, READY_MS))
      const started = performance.now()
      await page.drop(path)
      await page.click('.note.flagged a')
      const named = performance.now() - started
      await seesFilters(page)
      times.push({ named, seen: performance.now() - started })
    })
  const seconds = (values: readonly number[]): string => (median(values) / 1000).toFixed(2)
  console.log(
    `${Math.round(bytes.length / 1e6)} MB .pth in Chromium: flagged layer named after ${seconds(times.map(({ named }) => named))} s, its picture seen after ${seconds(times.map(({ seen }) => seen))} s (medians of ${rounds})`,
  )
} finally {
  await rm(folder, { recursive: true })
}
