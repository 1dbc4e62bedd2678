import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Decoding, openInstance } from '../../src/wasm/module.ts'
import type { StoredType } from '../../src/wasm/stored.ts'
import { numbersOf } from '../../src/weights/numbers.ts'
import { randomNumbers } from './data.ts'

const wasm = await openInstance()

/** Stored bytes at an odd place, decoded. */
function decode(dtype: StoredType, bytes: Uint8Array, shape: Decoding['shape'], more: Partial<Decoding> = {}) {
  const count = shape[0] * shape[1] * shape[2] * shape[3]
  const destination = wasm.reserve(4 * count + bytes.length + 64)
  const source = destination + 4 * count + 13
  wasm.u8(source, bytes.length).set(bytes)
  wasm.f32(destination, count).fill(Number.NaN)
  const narrowed = wasm.decode({ dtype, source, destination, shape, ...more })
  return { values: wasm.f32(destination, count).slice(), narrowed }
}

const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
const same = (a: Float32Array, b: ArrayLike<number>, name: string) => {
  assert.is(a.length, b.length)
  for (let k = 0; k < a.length; k++)
    if (!Object.is(a[k], Math.fround(b[k]!))) assert.unreachable(`${name} [${k}]: ${a[k]}, not ${b[k]}`)
}

test('every eight-bit float, as ml_dtypes reads it, in the module and outside', () => {
  const codes = Uint8Array.from({ length: 256 }, (_, k) => k)
  const tables = JSON.parse(readFileSync('test/fixtures/numbers/float8.json', 'utf8')) as Record<
    string,
    (number | string | null)[]
  >
  for (const dtype of ['float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz'] as const) {
    const expected = tables[dtype]!.map((value) =>
      value === null ? Number.NaN : Number(typeof value === 'string' ? value.replace('inf', 'Infinity') : value),
    )
    same(decode(dtype, codes, [4, 4, 4, 4]).values, expected, dtype)
    same(
      decode(dtype, codes, [16, 16, 1, 1], { strides: [1, 16, 1, 1] }).values,
      expected.map((_, k) => expected[(k % 16) * 16 + (k >> 4)]!),
      `${dtype} turned`,
    )
    same(Float32Array.from(numbersOf(codes, dtype, 256)), expected, `${dtype} outside`)
    const scaled = decode(dtype, codes, [1, 1, 1, 120], { dequantise: { scale: 0.1, zero: 0, shift: 0 } })
    same(
      scaled.values,
      expected.slice(0, 120).map((value) => value * 0.1),
      `${dtype} with a scale`,
    )
  }
})

test('every half and every bfloat16', () => {
  const bits = Uint16Array.from({ length: 65536 }, (_, k) => k)
  const half = (h: number) => {
    const sign = h & 0x8000 ? -1 : 1
    const exponent = (h >> 10) & 31
    const fraction = h & 1023
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
  }
  const halves = decode('float16', bytesOf(bits), [16, 16, 16, 16])
  same(halves.values, Array.from(bits, half), 'half')
  assert.is(halves.narrowed, 0)
  // One after the other, of any number, and strided: two ways.
  for (const count of [1, 3, 6, 7])
    same(
      decode('float16', bytesOf(bits.subarray(31_740)), [1, 1, 1, count]).values,
      Array.from(bits.subarray(31_740, 31_740 + count), half),
      'few',
    )
  const turned = decode('float16', bytesOf(bits), [256, 256, 1, 1], { strides: [1, 256, 1, 1] })
  same(
    turned.values,
    Array.from(bits, (_, k) => half((k % 256) * 256 + (k >> 8))),
    'turned',
  )
  const wide = new Float32Array(Uint32Array.from(bits, (b) => b << 16).buffer)
  const brain = decode('bfloat16', bytesOf(bits), [65536, 1, 1, 1]).values
  for (let k = 0; k < 65536; k++) assert.ok(Object.is(brain[k], wide[k]) || (Number.isNaN(brain[k]) && Number.isNaN(wide[k])))
  for (const count of [1, 7, 9]) same(decode('bfloat16', bytesOf(bits), [1, 1, 1, count]).values, wide.subarray(0, count), 'few')
  same(
    decode('bfloat16', bytesOf(bits), [100, 256, 1, 1], { strides: [1, 256, 1, 1] }).values,
    Array.from({ length: 25_600 }, (_, k) => wide[(k % 256) * 256 + (k >> 8)]!),
    'turned',
  )
})

test('integers of every width, as they are and dequantised', () => {
  const kinds = [
    ['int8', Int8Array, [-128, -1, 0, 1, 127]],
    ['uint8', Uint8Array, [0, 1, 128, 254, 255]],
    ['int16', Int16Array, [-32768, -1, 0, 1, 32767]],
    ['uint16', Uint16Array, [0, 1, 32768, 65534, 65535]],
    ['int32', Int32Array, [-2147483648, -16777217, 0, 16777216, 2147483647]],
  ] as const
  for (const [dtype, array, numbers] of kinds) {
    const bytes = bytesOf(array.from(numbers))
    const plain = decode(dtype, bytes, [5, 1, 1, 1])
    same(plain.values, numbers, dtype)
    assert.is(plain.narrowed, dtype === 'int32' ? 2 : 0)
    const scale = 0.00371
    const found = decode(dtype, bytes, [1, 5, 1, 1], { dequantise: { scale, zero: 3, shift: -0.125 } })
    same(
      found.values,
      numbers.map((x) => (x - 3) * scale - 0.125),
      `${dtype} dequantised`,
    )
    assert.is(found.narrowed, 0)
  }
})

test('doubles are narrowed and counted', () => {
  const numbers = [1, 0.1, 1 / 3, 0.5, 1e300, -1e-320, 2 ** -149, 16777217, Number.NaN, Number.POSITIVE_INFINITY]
  // One by one, and as one row of every length that fours leave a rest of.
  for (const shape of [
    [10, 1, 1, 1],
    [1, 1, 1, 10],
    [1, 1, 1, 9],
    [1, 1, 1, 8],
    [1, 1, 1, 7],
    [1, 1, 1, 3],
  ] as const) {
    const some = numbers.slice(0, shape[0] * shape[3])
    const { values, narrowed } = decode('float64', bytesOf(Float64Array.from(some)), [...shape])
    same(values, some, `float64 ${shape}`)
    assert.is(narrowed, some.filter((x) => !Object.is(Math.fround(x), x)).length, `${shape}`)
  }
})

test('float32 bits are kept', () => {
  const values = randomNumbers(1001, 3)
  values[5] = -0
  values[6] = 1e-45
  same(decode('float32', bytesOf(values), [7, 143, 1, 1]).values, values, 'float32')
})

test('strides: (rows, columns, in, out) and depthwise (rows, columns, channels, multiplier)', () => {
  const shapes = [
    [5, 3, 2, 4],
    [1, 2, 3, 3],
    [4, 1, 3, 3],
    [7, 3, 3, 3],
    [8, 5, 3, 3],
  ] as const
  const dtypes = ['float32', 'float16', 'uint8'] as const
  for (const [dtype, [o, i, h, w]] of shapes.flatMap((shape) => dtypes.map((dtype) => [dtype, shape] as const))) {
    const count = o * i * h * w
    const stored =
      dtype === 'float32'
        ? randomNumbers(count, 4)
        : dtype === 'uint8'
          ? Uint8Array.from({ length: count }, (_, k) => k & 255)
          : Uint16Array.from({ length: count }, (_, k) => 0x3c00 + k) // 1, 1 + 2^-10 …
    const value = (k: number) => (dtype === 'float16' ? 1 + (stored[k]! - 0x3c00) / 1024 : stored[k]!)
    const strides = [1, o, w * i * o, i * o] as const
    const { values } = decode(dtype, bytesOf(stored), [o, i, h, w], { strides })
    const wanted: number[] = []
    for (let a = 0; a < o; a++)
      for (let b = 0; b < i; b++)
        for (let r = 0; r < h; r++) for (let c = 0; c < w; c++) wanted.push(value(((r * w + c) * i + b) * o + a))
    same(values, wanted, `${dtype} ${o}×${i}×${h}×${w}`)
  }
  const depthwise = Uint8Array.from({ length: 3 * 3 * 6 }, (_, k) => k)
  const { values } = decode('uint8', depthwise, [6, 1, 3, 3], { strides: [1, 6, 18, 6] })
  assert.equal([...values.subarray(9, 18)], [1, 7, 13, 19, 25, 31, 37, 43, 49])
})

test('a scale and a zero point for each output channel', () => {
  const stored = Int8Array.from({ length: 4 * 6 }, (_, k) => (k * 37) % 256)
  const scale = Float64Array.of(0.1, 0.2, 0.3, 0.7)
  const zero = Float64Array.of(0, -3, 5, 128)
  const wanted = Array.from(stored, (x, k) => (x - zero[Math.floor(k / 6)]!) * scale[Math.floor(k / 6)]! + 1)
  same(decode('int8', bytesOf(stored), [4, 2, 1, 3], { dequantise: { scale, zero, shift: 1 } }).values, wanted, 'both')
  same(
    decode('int8', bytesOf(stored), [4, 2, 1, 3], { dequantise: { scale, zero: 2, shift: 0 } }).values,
    Array.from(stored, (x, k) => (x - 2) * scale[Math.floor(k / 6)]!),
    'scales only',
  )
  // Channels last: the channel is still the first of the shape.
  const last = decode('int8', bytesOf(stored), [4, 6, 1, 1], { strides: [1, 4, 0, 0], dequantise: { scale, zero, shift: 1 } })
  const turned = Array.from({ length: 24 }, (_, k) => {
    const o = Math.floor(k / 6)
    return (stored[(k % 6) * 4 + o]! - zero[o]!) * scale[o]! + 1
  })
  same(last.values, turned, 'channels last')
})

test.run()
