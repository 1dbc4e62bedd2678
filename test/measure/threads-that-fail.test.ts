// Threads that cannot be started: the engine's own Worker is replaced, in this process alone, before anything else is loaded.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import workerThreads, { Worker, type WorkerOptions } from 'node:worker_threads'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

/** Which of the next threads come up. */
let plan: boolean[] = []
class SomeWorker extends Worker {
  constructor(file: string | URL, options?: WorkerOptions) {
    super(plan.shift() === false ? new URL('data:text/javascript,throw new Error("no thread")') : file, options)
  }
}
workerThreads.Worker = SomeWorker
syncBuiltinESMExports()
const { analyze } = await import('../../src/analyze.ts')
const { listInputs } = await import('../../src/node.ts')
const { writeSafetensors } = await import('../sources/safetensors/write.ts')
const { randomNumbers } = await import('../assembly/data.ts')

const folder = mkdtempSync(join(tmpdir(), 'filterlens-'))
const file = join(folder, 'model.safetensors')
const tensors = Array.from({ length: 12 }, (_, k) => {
  const bytes = new Uint8Array(randomNumbers(64 * 64 * 9, k + 1).buffer)
  return [`conv${k}.weight`, { dtype: 'F32', shape: [64, 64, 3, 3], bytes }] as const
})
writeFileSync(file, writeSafetensors(Object.fromEntries(tensors)))

test('the threads that come up do the work of one that does not', async () => {
  const { layers } = await analyze(await listInputs([file]), { workers: 1 })
  assert.is(layers.length, 12)
  for (const starts of [
    [false, true],
    [true, false],
    [false, false, true],
  ]) {
    plan = starts
    const again = await analyze(await listInputs([file]), { workers: starts.length })
    assert.equal(again.layers, layers)
  }
})

test('a run that asked for threads says why none came up', async () => {
  plan = [false, false]
  let thrown: unknown
  await analyze(await listInputs([file]), { workers: 2 }).catch((error: unknown) => (thrown = error))
  assert.is((thrown as Error).message, 'a measuring thread failed: no thread')
})

test.after(() => rmSync(folder, { recursive: true }))
test.run()
