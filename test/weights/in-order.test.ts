// Layers that are put in order once, because each read of them would go through all that is stored.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RandomAccess } from '../../src/io/random-access.ts'
import type { PassOptions } from '../../src/measure/layer-pass.ts'
import { localMeasurer } from '../../src/measure/measurer.ts'
import { sumWeights } from '../../src/measure/weight-sums.ts'
import { openInstance } from '../../src/wasm/module.ts'
import { readerInOrder } from '../../src/weights/in-order.ts'
import type { ConvShape, WeightPlan } from '../../src/weights/plan.ts'
import { randomValues } from '../measure/models.ts'

const wasm = await openInstance()
const shape: ConvShape = [80, 60, 3, 3]
const [outs, inputs] = shape
const values = randomValues(outs * inputs * 9, 5, 0.1)

/** The values as (row, column, in, out), as float64 that are no float32 where `nudge` is not 0; counts the bytes that are read. */
function stored(nudge = 0): WeightPlan & { read(): number } {
  const bytes = new Uint8Array(values.length * (nudge ? 8 : 4))
  const numbers = nudge ? new Float64Array(bytes.buffer) : new Float32Array(bytes.buffer)
  for (let o = 0, at = 0; o < outs; o++)
    for (let i = 0; i < inputs; i++) for (let k = 0; k < 9; k++) numbers[(k * inputs + i) * outs + o] = values[at++]! + nudge
  let read = 0
  const access: RandomAccess = {
    name: 'w',
    byteLength: bytes.length,
    async read(offset, length, into) {
      read += length
      const part = bytes.subarray(offset, offset + length)
      if (!into) return part
      into.set(part)
      return into.subarray(0, length)
    },
  }
  const strides = [1, outs, 3 * inputs * outs, inputs * outs] as const
  return { access, offset: 0, dtype: nudge ? 'float64' : 'float32', strides, read: () => read }
}

const inOrder = (): WeightPlan => {
  const bytes = new Uint8Array(values.slice().buffer)
  return {
    access: {
      name: 'w',
      byteLength: bytes.length,
      read: async (at, n, into) => (into ? put(into, bytes.subarray(at, at + n)) : bytes.slice(at, at + n)),
    },
    offset: 0,
    dtype: 'float32',
  }
}

function put(into: Uint8Array, bytes: Uint8Array): Uint8Array {
  into.set(bytes)
  return into.subarray(0, bytes.length)
}

const size = values.length * 4

test('a layer that is held, or is in order, is read as it lies', async () => {
  for (const [plan, held] of [
    [stored(), size],
    [inOrder(), 0],
  ] as const) {
    const { reader, close } = await readerInOrder(wasm, plan, shape, { held })
    assert.is(reader.isScattered === true, held > 0)
    await close()
  }
})

test('any part of one that is not costs no more than that part, once it is in order', async () => {
  const plan = stored()
  const { reader, close } = await readerInOrder(wasm, plan, shape, { held: size - 1, block: size / 3 })
  assert.is(reader.isScattered, undefined)
  const before = plan.read()
  assert.ok(before <= 4 * size, `${before} bytes of ${size}`)
  for (const step of [outs * inputs, 1000, 7]) {
    const address = wasm.reserve(size + 64)
    for (let from = 0; from < outs * inputs; from += step)
      await reader.read(wasm, address + from * 36, address + size, from, Math.min(step, outs * inputs - from))
    assert.equal(wasm.f32(address, values.length).slice(), values)
  }
  assert.is(plan.read(), before)
  await close()
})

test('float64 that were not exactly a float32 are told of once', async () => {
  const { reader, close } = await readerInOrder(wasm, stored(1e-12), shape, { held: 0, block: size / 2 })
  const address = wasm.reserve(size + 64)
  const told: number[] = []
  for (let k = 0; k < 3; k++) told.push(await reader.read(wasm, address, address + size, 0, 100))
  assert.ok(told[0]! > values.length / 2)
  assert.equal(told.slice(1), [0, 0])
  await close()
})

test('without a place for it, it is read as it lies', async () => {
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = '/nowhere/at/all'
  try {
    const { reader, close } = await readerInOrder(wasm, stored(), shape, { held: 0 })
    assert.is(reader.isScattered, true)
    await close()
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
})

test('the same numbers whatever order a layer is stored in, and its file is read a few times, not once for each pair of panels', async () => {
  const passes: PassOptions['passes'] = new Set(['gram', 'spectrum'])
  const options: PassOptions = { passes, threshold: 0.01, profile: 'cvprw22', budget: size / 8 }
  const measure = (plan: WeightPlan) => localMeasurer(options, wasm).measure({ plan, shape })
  const plan = stored()
  assert.equal(await measure(plan), await measure(inOrder()))
  assert.ok(plan.read() <= 12 * size, `${plan.read() / size} times`)
  const [a, b] = [stored(), stored()]
  assert.equal(await sumWeights(wasm, shape, a, b), await sumWeights(wasm, shape, inOrder(), inOrder()))
})

test.run()
