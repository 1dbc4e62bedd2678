import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openFile } from '../../src/io/node.ts'
import { MEMORY_BUDGET, type PassOptions, type PassResult } from '../../src/measure/layer-pass.ts'
import { openLayer, panelRows } from '../../src/measure/layer-session.ts'
import { channelsOf } from '../../src/measure/live-channels.ts'
import { type LayerJob, localMeasurer, workOf } from '../../src/measure/measurer.ts'
import { openPool, SHARED_WORK } from '../../src/measure/pool.ts'
import { type GramTotal, gramPrecisions, isExact } from '../../src/wasm/gram.ts'
import { openInstance, type Precision } from '../../src/wasm/module.ts'
import type { ConvShape } from '../../src/weights/plan.ts'
import { weightReader } from '../../src/weights/reader.ts'
import { randomValues } from './models.ts'

// Every arithmetic of the Gram matrix by one thread, by two and by three: small layers whole, large ones shared out.

const folder = await mkdtemp(join(tmpdir(), 'filterlens-precision-'))
const options: PassOptions = { threshold: 0.01, profile: 'cvprw22', passes: new Set(['gram']) }
const wasm = await openInstance()

/** Weights whose rows have a common part of that size. */
async function job(name: string, shape: ConvShape, common: number): Promise<LayerJob> {
  const [out, inputs, height, width] = shape
  const length = inputs * height * width
  const values = randomValues(out * length, out)
  for (let k = 0; k < values.length; k++) values[k]! += common * Math.sin(k % length)
  const path = join(folder, name)
  await writeFile(path, new Uint8Array(values.buffer))
  return { plan: { access: await openFile(path), offset: 0, dtype: 'float32' }, shape }
}

async function gramOf({ plan, shape }: LayerJob, precision: Precision): Promise<GramTotal> {
  const [out, inputs, height, width] = shape
  const session = openLayer(wasm, 0, weightReader(plan, shape), shape, {
    budget: MEMORY_BUDGET,
    batchSize: undefined,
    gram: true,
    channels: channelsOf(shape),
  })
  await session.scan(0, out * inputs)
  const total = { sum: 0, near: 0, inverseSquares: 0 }
  const strips = Math.ceil(out / panelRows(inputs * height * width))
  for (const part of await session.gram(0, strips, precision)) {
    total.sum += part.sum
    total.near += part.near
    total.inverseSquares += part.inverseSquares
  }
  return total
}

function gram(result: PassResult): number {
  assert.ok('statistics' in result)
  return result.statistics.gram!
}

const layers: {
  readonly name: string
  readonly shape: ConvShape
  readonly common: number
  readonly tried: readonly Precision[]
  readonly counts: Precision
  readonly shared: boolean
}[] = [
  { name: 'double', shape: [40, 30, 3, 3], common: 0, tried: ['double'], counts: 'double', shared: false },
  { name: 'single', shape: [260, 200, 3, 3], common: 0, tried: ['single'], counts: 'single', shared: false },
  { name: 'integers', shape: [1280, 640, 3, 3], common: 0, tried: ['integer', 'single'], counts: 'integer', shared: true },
  {
    name: 'integers that are not exact enough',
    shape: [1280, 640, 3, 3],
    common: 2,
    tried: ['integer', 'single'],
    counts: 'single',
    shared: true,
  },
]

for (const { name, shape, common, tried, counts, shared } of layers) {
  test(`${name}: the same bits from 1, 2 and 3 workers`, async () => {
    const layer = await job(name, shape, common)
    const [out, inputs, height, width] = shape
    assert.equal(gramPrecisions(out, inputs * height * width), tried)
    assert.is(workOf(layer, options) > SHARED_WORK, shared)
    const expected = await localMeasurer(options, wasm).measure(layer)
    assert.is(gram(expected), (await gramOf(layer, counts)).sum)
    if (tried[0] !== counts) assert.not(isExact(tried[0]!, out, await gramOf(layer, tried[0]!)))
    for (const workers of [2, 3]) {
      const pool = await openPool(workers, options)
      try {
        assert.equal(await pool.measure(layer), expected)
      } finally {
        await pool.close()
      }
    }
    await layer.plan.access.close?.()
  })
}

test.after(() => rm(folder, { recursive: true }))
test.run()
