import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memoryAccess, type RandomAccess } from '../../src/io/random-access.ts'
import { FiltersInMemory } from '../../src/measure/filters-in-memory.ts'
import { measureWeights } from '../../src/measure/layer-pass.ts'
import { openLayer, panelRows } from '../../src/measure/layer-session.ts'
import { channelsOf } from '../../src/measure/live-channels.ts'
import { longRowBytes, longRowPanel } from '../../src/measure/long-rows.ts'
import type { Pass } from '../../src/measure/metrics/registry.ts'
import { openInstance } from '../../src/wasm/module.ts'
import type { ConvShape } from '../../src/weights/plan.ts'
import { weightReader } from '../../src/weights/reader.ts'

function weights(count: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count)
  let state = 12345
  for (let k = 0; k < count; k++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    values[k] = state / 2 ** 32 - 0.4
  }
  return values
}

function planOf(values: Float32Array<ArrayBuffer>) {
  return { access: memoryAccess('w', new Uint8Array(values.buffer)), offset: 0, dtype: 'float32' } as const
}

/** Weights that take no room: any stretch is zeros but for a 1 in each 4096. */
function endless(byteLength: number): RandomAccess & { most: number } {
  const access = {
    name: 'endless',
    byteLength,
    most: 0,
    async read(offset: number, length: number, into?: Uint8Array): Promise<Uint8Array> {
      const out = into ? into.subarray(0, length) : new Uint8Array(length)
      access.most = Math.max(access.most, length)
      out.fill(0)
      const view = new DataView(out.buffer, out.byteOffset, length)
      for (let k = (4096 - (offset % 4096)) % 4096; k + 4 <= length; k += 4096) view.setFloat32(k, 1, true)
      return out
    },
  }
  return access
}

const options = { threshold: 0.01, profile: 'cvprw22', passes: new Set<Pass>(['gram']) } as const

test('rows multiplied stretch by stretch have the products of rows multiplied as a whole; zeros and several panels too', async () => {
  const wasm = await openInstance()
  for (const [out, inputs, taps] of [
    [5, 7000, 9],
    [130, 400, 9],
    [3, 20_000, 25],
  ] as const) {
    const values = weights(out * inputs * taps)
    values.fill(0, inputs * taps, 2 * inputs * taps)
    const side = Math.sqrt(taps)
    const shape: ConvShape = [out, inputs, side, side]
    const reader = weightReader(planOf(values), shape)
    const room = wasm.reserve(values.byteLength + 32 + longRowBytes(wasm, { out, inputs, taps }))
    const filters = new FiltersInMemory(wasm, reader, {
      data: room,
      scratch: 0,
      whole: true,
      held: reader.filters,
      batchSize: undefined,
    })
    const layer = { out, inputs, taps, room: room + Math.ceil(values.byteLength / 16) * 16 }
    let sum = 0
    for (let strip = 0; strip * 128 < out; strip++) sum += (await longRowPanel(wasm, filters, layer, strip)).sum

    const session = openLayer(wasm, 0, reader, shape, {
      budget: 1 << 28,
      batchSize: undefined,
      gram: true,
      channels: channelsOf(shape),
    })
    await session.scan(0, reader.filters)
    const strips = Math.ceil(out / panelRows(inputs * taps))
    const whole = (await session.gram(0, strips, 'double')).reduce((sum, total) => sum + total.sum, 0)
    assert.ok(Math.abs(sum - whole) < 1e-11 * whole, `${out}×${inputs}×${taps}: ${sum}, not ${whole}`)
  }
})

test('a layer of long rows has the same bits held as a whole, and read in pieces', async () => {
  const shape: ConvShape = [5, 117_000, 3, 3]
  const plan = planOf(weights(5 * 117_000 * 9))
  const results = []
  for (const [budget, batchSize] of [
    [1 << 28, undefined],
    [4 << 20, undefined],
    [4 << 20, 200_000],
  ] as const) {
    const wasm = await openInstance()
    const result = await measureWeights(wasm, weightReader(plan, shape), shape, {
      ...options,
      budget,
      ...(batchSize && { batchSize }),
    })
    assert.ok('values' in result)
    results.push(JSON.stringify(result))
    assert.ok(result.values.orthogonality! > 0.1 && result.values.orthogonality! < 1, String(result.values.orthogonality))
  }
  assert.is(results[1], results[0])
  assert.is(results[2], results[0])
})

test('each panel of rows is read once for as many strips as there is room for; the sums have the same bits', async () => {
  // Nine panels of four rows, of 8 MB each in single precision.
  const shape: ConvShape = [36, 58_000, 3, 3]
  const values = weights(shape.reduce((product, n) => product * n, 1))
  const read: number[] = []
  const totals: string[] = []
  for (const budget of [1 << 24, 1 << 27, 1 << 30]) {
    const wasm = await openInstance()
    const plan = planOf(values)
    let bytes = 0
    const access: RandomAccess = {
      ...plan.access,
      read(offset, length, into) {
        bytes += length
        return plan.access.read(offset, length, into)
      },
    }
    const session = openLayer(wasm, 0, weightReader({ ...plan, access }, shape), shape, {
      budget,
      batchSize: undefined,
      gram: true,
      channels: channelsOf(shape),
    })
    await session.scan(0, 36 * 58_000)
    bytes = 0
    const nearest = { from: 0, cosines: new Float64Array(36) }
    const strips = Math.ceil(36 / panelRows(58_000 * 9))
    totals.push(JSON.stringify([await session.gram(0, strips, 'single', nearest), [...nearest.cosines]]))
    read.push(bytes / values.byteLength)
  }
  assert.equal(totals.slice(1), [totals[0], totals[0]])
  // Strip by strip 45 panels; three or more strips together 9 + 6 + 3 at most; all of them from memory, where the scan has left them.
  assert.is(read[0], 5)
  assert.ok(read[1]! <= 2, `${read[1]} times`)
  assert.is(read[2], 0)
})

test('memory does not grow with the length of rows', async () => {
  for (const shape of [
    [1, 3_000_000, 3, 3],
    [4, 1_000_000, 3, 3],
  ] as ConvShape[]) {
    const wasm = await openInstance()
    const access = endless(shape.reduce((product, n) => product * n, 4))
    const result = await measureWeights(wasm, weightReader({ access, offset: 0, dtype: 'float32' }, shape), shape, {
      ...options,
      budget: 16 << 20,
    })
    assert.ok('values' in result)
    const used = wasm.memory.buffer.byteLength / 2 ** 20
    assert.ok(used < 64, `${shape.join('×')}: ${used.toFixed(0)} MB`)
    assert.is(result.values.orthogonality, shape[0] === 1 ? null : result.values.orthogonality)
  }
})

test.run()
