import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { analyze } from '../../src/analyze.ts'
import { memoryAccess } from '../../src/io/random-access.ts'
import { measureWeights, type PassResult } from '../../src/measure/layer-pass.ts'
import type { MeasureOptions } from '../../src/measure/options.ts'
import { layerTableBytes, modelTableBytes } from '../../src/results/tables.ts'
import { openInstance } from '../../src/wasm/module.ts'
import type { ConvShape } from '../../src/weights/plan.ts'
import { weightReader } from '../../src/weights/reader.ts'
import { convolution, someModels } from './models.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

async function hashes(options: MeasureOptions): Promise<string> {
  const analysis = await analyze(someModels(), { kernel: 'all', ...options })
  return sha256(layerTableBytes(analysis)) + sha256(modelTableBytes(analysis))
}

const expected = await hashes({})

for (const batchSize of [1, 7, 4096, 1_000_000]) {
  test(`${batchSize} filters per read`, async () => {
    // One filter a read is tried where it is quick: on a layer held in memory.
    assert.is(await hashes({ batchSize }), expected)
  })
}

test('layers larger than the memory allowed are read once per pass', async () => {
  for (const memory of [0, 100_000]) for (const batchSize of [1, 70_000]) assert.is(await hashes({ memory, batchSize }), expected)
})

test('a second run gives the same bytes', async () => {
  assert.is(await hashes({}), expected)
})

test('the debug build of the module gives the same bits as the release build', async () => {
  const debug = await openInstance(await WebAssembly.compile(readFileSync(new URL('../../kernel.debug.wasm', import.meta.url))))
  const release = await openInstance()
  const shapes: ConvShape[] = [
    [64, 48, 3, 3],
    [5, 3, 5, 5],
    [7, 1, 1, 7],
    [3, 5, 11, 11],
    [130, 9, 2, 1],
  ]
  for (const [k, shape] of shapes.entries()) {
    const { values } = convolution('x', [...shape], k + 1)
    const run = (wasm: typeof debug): Promise<PassResult> => {
      const reader = weightReader(
        { access: memoryAccess('x', new Uint8Array(values.buffer)), offset: 0, dtype: 'float32' },
        shape,
      )
      const passes = new Set(['gram'] as const)
      return measureWeights(wasm, reader, shape, { threshold: 0.01, profile: 'cvprw22', passes })
    }
    const bits = (result: PassResult): string => {
      assert.ok('statistics' in result)
      const { scaled, raw, clean, ...numbers } = result.statistics
      const doubles = [scaled, raw, clean].flatMap(({ count, mean, scatter }) => [count, ...mean, ...scatter])
      return sha256(new Uint8Array(Float64Array.from([...doubles, ...Object.values(numbers).map(Number)]).buffer))
    }
    assert.is(bits(await run(debug)), bits(await run(release)), shape.join('x'))
  }
})

test.run()
