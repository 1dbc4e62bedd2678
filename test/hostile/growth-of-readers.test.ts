// Twice the layers take at most two and a half times the time to open, in every format of the registry.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openSource } from '../../src/sources/open.ts'
import { modelFormats } from '../../src/sources/registry.ts'
import { memoryInput } from '../sources/inputs.ts'
import { grown } from './grown.ts'
import { growsLinearly } from './growth.ts'

/** An array file, which has one layer however long it is. */
const ONE_LAYER = 'NumPy'

test('every format of the registry has files that grow', () =>
  assert.equal(Object.keys(grown).sort(), modelFormats.map(({ name }) => name).sort()))

for (const [format, grow] of Object.entries(grown))
  test(format, async () => {
    const opened = async (n: number): Promise<() => Promise<number>> => {
      const { path, bytes, beside } = await grow(n)
      return async () => {
        const source = await openSource(memoryInput(path, bytes, beside))
        await source.close()
        return source.models.reduce((sum, { convolutions }) => sum + convolutions.length, 0)
      }
    }
    assert.is(await (await opened(50))(), format === ONE_LAYER ? 1 : 50)
    await growsLinearly(format, 400, opened)
  })

test.run()
