import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { InputError } from '../../src/errors.ts'
import { memoryAccess } from '../../src/io/random-access.ts'
import { openInstance } from '../../src/wasm/module.ts'
import type { StoredType } from '../../src/wasm/stored.ts'
import { boxesOf } from '../../src/weights/boxes.ts'
import type { ConvShape, WeightPlan } from '../../src/weights/plan.ts'
import { weightReader } from '../../src/weights/reader.ts'
import { storedBytes } from '../../src/weights/stored-bytes.ts'
import { randomValues } from '../measure/models.ts'

const wasm = await openInstance()

async function read(plan: WeightPlan, shape: ConvShape, step: number): Promise<Float32Array> {
  const reader = weightReader(plan, shape)
  const bytes = reader.filters * reader.taps * 4
  const address = wasm.reserve(bytes + reader.scratchBytes + 64)
  const scratch = address + Math.ceil(bytes / 16) * 16
  for (let from = 0; from < reader.filters; from += step) {
    await reader.read(wasm, address + from * reader.taps * 4, scratch, from, Math.min(step, reader.filters - from))
  }
  return wasm.f32(address, reader.filters * reader.taps).slice()
}

/** Values of (out, in, row, column) order laid out by strides, as one stored type, behind `offset` other bytes. */
function stored(
  values: Float32Array,
  shape: ConvShape,
  strides: readonly number[],
  dtype: StoredType,
  offset: number,
): Uint8Array {
  const [o, i, h, w] = shape
  const bytes = storedBytes[dtype]
  const out = new Uint8Array(offset + values.length * bytes)
  const view = new DataView(out.buffer)
  let k = 0
  for (let a = 0; a < o; a++)
    for (let b = 0; b < i; b++)
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++, k++) {
          const at = offset + (a * strides[0]! + b * strides[1]! + y * strides[2]! + x * strides[3]!) * bytes
          if (dtype === 'float32') view.setFloat32(at, values[k]!, true)
          else if (dtype === 'float64') view.setFloat64(at, values[k]!, true)
          else if (dtype === 'int8') view.setInt8(at, values[k]!)
          else if (dtype === 'int16') view.setInt16(at, values[k]!, true)
          else throw new Error(dtype)
        }
  return out
}

const shape: ConvShape = [7, 5, 3, 2]
const layouts: Record<string, readonly [number, number, number, number]> = {
  'out, in, row, column': [30, 6, 2, 1],
  'row, column, in, out (TensorFlow)': [1, 7, 70, 35],
  'out, row, column, in (channels last)': [30, 1, 10, 5],
}

for (const [name, strides] of Object.entries(layouts)) {
  for (const dtype of ['float32', 'float64', 'int8', 'int16'] as const) {
    test(`${dtype} stored as ${name}, in reads of any size`, async () => {
      const values = randomValues(210, 3, 100).map((v) => (dtype.startsWith('int') ? Math.round(v) : v))
      const plan = { access: memoryAccess('w', stored(values, shape, strides, dtype, 13)), offset: 13, dtype, strides }
      for (const step of [1, 3, 5, 11, 35]) assert.equal(await read(plan, shape, step), values, `step ${step}`)
    })
  }
}

test('quantised weights: one scale a channel, rounded once', async () => {
  const values = randomValues(210, 4, 100).map(Math.round)
  const scale = Float64Array.from({ length: 7 }, (_, k) => 0.1 * (k + 1))
  const zero = Float64Array.from({ length: 7 }, (_, k) => k - 3)
  const plan = {
    access: memoryAccess('w', stored(values, shape, layouts['out, in, row, column']!, 'int8', 0)),
    offset: 0,
    dtype: 'int8' as const,
    dequantise: { scale, zero, shift: 0.25 },
  }
  const expected = values.map((v, k) => (v - zero[Math.floor(k / 30)]!) * scale[Math.floor(k / 30)]! + 0.25)
  for (const step of [1, 4, 35]) assert.equal(await read(plan, shape, step), expected, `step ${step}`)
})

test('a strided layer too large for one read is gathered piece by piece', async () => {
  // 68 MB of int16 in TensorFlow's order: over the limit for reading the span in one piece.
  const big: ConvShape = [1024, 3700, 3, 3]
  const [o, i] = big
  const strides = [1, o, 3 * i * o, i * o] as const
  let reads = 0
  const access = {
    name: 'w',
    byteLength: o * i * 9 * 2,
    async read(offset: number, length: number, into?: Uint8Array): Promise<Uint8Array> {
      reads++
      const out = into ? into.subarray(0, length) : new Uint8Array(length)
      const numbers = new Int16Array(out.buffer, out.byteOffset, length / 2)
      for (let k = 0; k < numbers.length; k++) numbers[k] = (offset / 2 + k) % 32749
      return out
    },
  }
  const reader = weightReader({ access, offset: 0, dtype: 'int16', strides }, big)
  assert.ok(reader.scratchBytes <= 16 << 20)
  const from = 500 * i + 3000
  const count = 2000
  const address = wasm.reserve(count * 36 + reader.scratchBytes + 64)
  await reader.read(wasm, address, address + Math.ceil((count * 36) / 16) * 16, from, count)
  const values = wasm.f32(address, count * 9)
  assert.ok(reads < 100, `${reads} reads`)
  for (let f = 0; f < count; f++) {
    const a = Math.floor((from + f) / i)
    const b = (from + f) % i
    for (let k = 0; k < 9; k++)
      assert.is(values[f * 9 + k], (a + b * o + Math.floor(k / 3) * 3 * i * o + (k % 3) * i * o) % 32749)
  }
})

test('a layer in another order is read once, however large it is', async () => {
  const [o, i] = [1500, 1400]
  let read = 0
  const access = {
    name: 'w',
    byteLength: o * i * 9 * 4,
    async read(_offset: number, length: number, into?: Uint8Array): Promise<Uint8Array> {
      read += length
      return into ? into.subarray(0, length) : new Uint8Array(length)
    },
  }
  const reader = weightReader({ access, offset: 0, dtype: 'float32', strides: [1, o, 3 * i * o, i * o] }, [o, i, 3, 3])
  assert.is(reader.isScattered, true)
  const wasm = await openInstance()
  const address = wasm.reserve(o * i * 36 + reader.scratchBytes + 64)
  await reader.read(wasm, address, address + o * i * 36, 0, o * i)
  assert.is(read, access.byteLength)
})

test('a layer in chunks that reading in its order comes back to is read chunk by chunk, each once', async () => {
  const shape: ConvShape = [40, 30, 3, 3] // stored (row, column, in, out), in chunks of all rows and columns
  const [o, i] = shape
  const unpacked = new Map<string, number>()
  const grid = {
    shape: [3, 3, i, o],
    chunks: [3, 3, 8, 16],
    async box(first: readonly number[], counts: readonly number[]): Promise<Uint8Array> {
      const out: number[] = []
      for (let y = first[0]!; y < first[0]! + counts[0]!; y++)
        for (let x = first[1]!; x < first[1]! + counts[1]!; x++)
          for (let b = first[2]!; b < first[2]! + counts[2]!; b++)
            for (let a = first[3]!; a < first[3]! + counts[3]!; a++) {
              out.push(((y * 3 + x) * i + b) * o + a)
              const chunk = `${Math.floor(b / 8)} ${Math.floor(a / 16)}`
              if (y === first[0] && x === first[1] && (b % 8 === 0 || b === first[2]) && (a % 16 === 0 || a === first[3]))
                unpacked.set(chunk, (unpacked.get(chunk) ?? 0) + 1)
            }
      return new Uint8Array(Float32Array.from(out).buffer)
    },
  }
  const access = {
    name: 'w',
    byteLength: o * i * 9 * 4,
    grid,
    read: () => Promise.reject(new Error('read in its own order')),
  }
  const strides = [1, o, 3 * i * o, i * o] as const
  const expected = (a: number, b: number, k: number): number => (k * i + b) * o + a
  const check = (values: Float32Array, from: number): void => {
    for (let f = 0; f < values.length / 9; f++)
      for (let k = 0; k < 9; k++)
        assert.is(values[f * 9 + k], expected(Math.floor((from + f) / i), (from + f) % i, k), `filter ${from + f}`)
  }
  const plan = { access, offset: 0, dtype: 'float32' as const, strides }
  const reader = weightReader(plan, shape)
  assert.is(reader.isScattered, true)
  check(await read(plan, shape, o * i), 0)
  assert.equal([...new Set(unpacked.values())], [1])
  for (const step of [7, 30, 100]) check(await read(plan, shape, step), 0)
  // In the layer's own order too.
  const own = { ...grid, shape: [o, i, 3, 3], chunks: [40, 2, 3, 3] }
  const box = async (first: readonly number[], counts: readonly number[]): Promise<Uint8Array> => {
    const out: number[] = []
    for (let a = 0; a < counts[0]!; a++)
      for (let b = 0; b < counts[1]!; b++) for (let k = 0; k < 9; k++) out.push(expected(first[0]! + a, first[1]! + b, k))
    return new Uint8Array(Float32Array.from(out).buffer)
  }
  check(await read({ access: { ...access, grid: { ...own, box } }, offset: 0, dtype: 'float32' }, shape, 50), 0)
})

test('a part of an array in chunks is read as it lies', async () => {
  const values = randomValues(420, 3, 100)
  const box = (): Promise<Uint8Array> => Promise.reject(new Error('not by chunks'))
  const memory = memoryAccess('w', new Uint8Array(values.slice().buffer))
  const access = { ...memory, grid: { shape: [14, 5, 3, 2], chunks: [14, 1, 3, 2], box } }
  assert.equal(await read({ access, offset: 0, dtype: 'float32' }, shape, 5), values.slice(0, 210))
})

test('weights that do not fit into their file are refused before anything is read', () => {
  const access = memoryAccess('short.bin', new Uint8Array(100))
  assert.throws(
    () => weightReader({ access, offset: 0, dtype: 'float32' }, [1, 3, 3, 3]),
    (error: Error) =>
      error instanceof InputError &&
      /short\.bin: weights of shape 1 × 3 × 3 × 3 should lie at bytes 0 to 108, but it ends at 100/.test(error.message),
  )
})

test('boxes cover a range once and in order', () => {
  for (const inputs of [1, 4, 7]) {
    for (const [from, count] of [
      [0, 28],
      [3, 1],
      [5, 20],
      [27, 1],
    ] as const) {
      for (const most of [1, 3, 8, 100]) {
        const seen: number[] = []
        for (const { out, outs, input, inputs: some } of boxesOf(inputs, from, count, most)) {
          assert.ok(outs * some <= most && (outs === 1 || some === inputs))
          for (let a = 0; a < outs; a++) for (let b = 0; b < some; b++) seen.push((out + a) * inputs + input + b)
        }
        assert.equal(
          seen,
          Array.from({ length: count }, (_, k) => from + k),
        )
      }
    }
  }
})

test.run()
