import { memoryAccess, type RandomAccess } from '../../src/io/random-access.ts'

// A network that no one trained, made of what real ones have seldom: every kernel size, kind of number and arithmetic that the
// measuring distinguishes. Integers of a fixed generator divided by powers of two: the same bits in every engine.

type Values = (count: number) => Float64Array

/** Integers from -2^23 to 2^23 by a linear congruence, as steps of 2^-23. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state >> 8) / 2 ** 23
  }
}

/** Independent weights. */
const random =
  (seed: number, scale = 1): Values =>
  (count) => {
    const next = generator(seed)
    return Float64Array.from({ length: count }, () => next() * scale)
  }

/** Weights in filters of nine of which most are near zero. */
const sparse =
  (seed: number): Values =>
  (count) => {
    const next = generator(seed)
    const values = new Float64Array(count)
    for (let at = 0; at < count; at += 9) {
      const scale = next() > 0.4 ? 1 : 2 ** -9
      for (let k = at; k < Math.min(at + 9, count); k++) values[k] = next() * scale
    }
    return values
  }

/** Rows that are nearly multiples of one another: low orthogonality, few directions. */
const alike =
  (seed: number, length: number): Values =>
  (count) => {
    const next = generator(seed)
    const row = Float64Array.from({ length }, next)
    return Float64Array.from({ length: count }, (_, k) => row[k % length]! + next() / 64)
  }

/** Few levels, as in a network that was quantised and written back as floats. */
const levels =
  (seed: number): Values =>
  (count) =>
    random(seed)(count).map((value) => Math.round(value * 3) / 4)

interface Layer {
  readonly shape: readonly [out: number, into: number, rows: number, columns: number]
  readonly values: Values
  readonly dtype?: 'F64' | 'F32' | 'F16' | 'BF16'
}

const layers: Readonly<Record<string, Layer>> = {
  'stem.conv': { shape: [32, 3, 7, 7], values: random(1) },
  'stem.wide': { shape: [48, 16, 5, 5], values: random(2, 2 ** -12) },
  'stem.row': { shape: [16, 16, 1, 3], values: random(3) },
  'stem.column': { shape: [16, 16, 3, 1], values: random(4) },
  'body.0': { shape: [64, 48, 3, 3], values: random(5) },
  'body.1.sparse': { shape: [96, 64, 3, 3], values: sparse(6) },
  'body.2.zero': { shape: [16, 16, 3, 3], values: (count) => new Float64Array(count) },
  'body.3.alike': { shape: [128, 24, 3, 3], values: alike(7, 24 * 9) },
  'body.4.levels': { shape: [80, 96, 3, 3], values: levels(8) },
  'body.5.depthwise': { shape: [96, 1, 3, 3], values: random(9) },
  'body.6.single': { shape: [1, 1, 3, 3], values: random(10) },
  'body.7.one-channel': { shape: [1, 64, 3, 3], values: random(11) },
  'body.8.large': { shape: [32, 32, 3, 3], values: random(12, 2 ** 110) },
  'body.9.denormal': { shape: [32, 32, 3, 3], values: random(13, 2 ** -130) },
  // Wide enough for products of rows in single (300 rows) and in integers (768).
  'body.10.single': { shape: [300, 128, 3, 3], values: random(14) },
  'body.11.integers': { shape: [768, 512, 3, 3], values: random(15) },
  'half.0': { shape: [64, 32, 3, 3], values: random(16), dtype: 'F16' },
  'half.1': { shape: [64, 32, 3, 3], values: random(17), dtype: 'BF16' },
  'half.2.denormal': { shape: [16, 32, 3, 3], values: random(18, 2 ** -15), dtype: 'F16' },
  'double.0': { shape: [32, 32, 3, 3], values: random(19), dtype: 'F64' },
}

/** The bits of a half float nearest below the value: truncation is enough, it has only to be the same everywhere. */
function half(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (size < 2 ** -14) return sign | Math.floor(size * 2 ** 24)
  let exponent = 0
  while (size >= 2 ** (exponent + 1)) exponent++
  while (size < 2 ** exponent) exponent--
  return sign | ((exponent + 15) << 10) | (Math.floor((size / 2 ** exponent - 1) * 1024) & 0x3ff)
}

function encode(values: Float64Array, dtype: NonNullable<Layer['dtype']>): Uint8Array {
  const float32 = Float32Array.from(values)
  if (dtype === 'F64') return new Uint8Array(values.buffer)
  if (dtype === 'F32') return new Uint8Array(float32.buffer)
  if (dtype === 'BF16') return new Uint8Array(Uint16Array.from(new Uint32Array(float32.buffer), (bits) => bits >>> 16).buffer)
  return new Uint8Array(Uint16Array.from(values, half).buffer)
}

/** The network as a safetensors file of 16 MB. */
export function syntheticNetwork(): RandomAccess {
  const tensors: Record<string, unknown> = {}
  const parts: Uint8Array[] = []
  let at = 0
  for (const [name, { shape, values, dtype = 'F32' }] of Object.entries(layers)) {
    const bytes = encode(values(shape[0] * shape[1] * shape[2] * shape[3]), dtype)
    tensors[`${name}.weight`] = { dtype, shape, data_offsets: [at, at + bytes.length] }
    parts.push(bytes)
    at += bytes.length
  }
  const json = new TextEncoder().encode(JSON.stringify(tensors))
  const file = new Uint8Array(8 + json.length + at)
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true)
  file.set(json, 8)
  let offset = 8 + json.length
  for (const part of parts) {
    file.set(part, offset)
    offset += part.length
  }
  return memoryAccess('synthetic.safetensors', file)
}
