import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { GivenFile } from '../../../src/inputs/given-inputs.ts'
import { earlierResults } from '../../../src/web/tasks/earlier-results.ts'
import { few } from '../../cli/forged.ts'
import { filterlens, inFolder } from '../../cli/run.ts'

/** The files of a folder as they come by a drop, one of them changed. */
async function dropped(folder: string, changed?: (path: string, bytes: Uint8Array<ArrayBuffer>) => void): Promise<GivenFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name)
        const bytes = Uint8Array.from(await readFile(path))
        changed?.(entry.name, bytes)
        return { path: `results/${path.slice(folder.length + 1)}`, blob: new Blob([bytes]) }
      }),
  )
}

test('results that are dropped are held against their hashes: one bit, and they are not shown', () =>
  inFolder(async (folder) => {
    const results = join(folder, 'results')
    assert.is((await filterlens(['analyze', ...few, '-o', results])).code, 0)
    const whole = await earlierResults(await dropped(results))
    assert.equal([whole.results.length, whole.failed.length], [1, 0])
    const { held, firstFilters } = whole.results[0]!
    assert.match(held!.resultsSha256!, /^[0-9a-f]{64}$/)
    assert.ok(held!.files > 5)
    assert.equal(held!.missing, [])
    assert.ok(firstFilters.length > 0)
    for (const path of ['layers.arrow', 'models.arrow', 'kernel.wasm', 'manifest.sha256']) {
      const flipped = await earlierResults(
        await dropped(results, (name, bytes) => {
          if (name === path) bytes[bytes.length >> 1]! ^= 1
        }),
      )
      assert.is(flipped.results.length, 0)
      assert.is(flipped.failed.length, 1)
      assert.match(`${flipped.failed[0]!.file}: ${flipped.failed[0]!.problem}`, new RegExp(`${path.replace('.', '\\.')}`))
    }
    const copied = (await dropped(results)).filter(({ path }) => /(layers|models|skipped)\.arrow$/.test(path))
    const without = await earlierResults(copied)
    assert.is(without.results.length, 1)
    assert.is(without.results[0]!.held!.resultsSha256, null)
  }))

test.run()
