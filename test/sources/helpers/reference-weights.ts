import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Convolution } from '../../../src/sources/source.ts'
import type { StoredType } from '../../../src/wasm/stored.ts'
import type { WeightPlan } from '../../../src/weights/plan.ts'

type Eighth = 'float8e4m3fn' | 'float8e4m3fnuz' | 'float8e5m2' | 'float8e5m2fnuz'
const eighths = JSON.parse(readFileSync('test/fixtures/numbers/float8.json', 'utf8')) as Record<
  Eighth,
  (number | string | null)[]
>

const BYTES: Readonly<Record<StoredType, number>> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float64: 8,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  float8e4m3fn: 1,
  float8e4m3fnuz: 1,
  float8e5m2: 1,
  float8e5m2fnuz: 1,
}

/**
 * The weights that a plan stands for, element by element and without any of the measuring code: the tests' own reading
 * of the contract in source.ts. Reads one range, from the first to the last stored element.
 */
export async function referenceWeights(
  { access, offset, dtype, strides, dequantise }: WeightPlan,
  shape: readonly number[],
): Promise<Float32Array> {
  const [out, inside, rows, columns] = shape as [number, number, number, number]
  const steps = strides ?? [inside * rows * columns, rows * columns, columns, 1]
  const last = shape.reduce((sum, size, k) => sum + (size - 1) * steps[k]!, 0)
  const bytes = await access.read(offset, (last + 1) * BYTES[dtype])
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const weights = new Float32Array(out * inside * rows * columns)
  let at = 0
  for (let o = 0; o < out; o++)
    for (let i = 0; i < inside; i++)
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++) {
          const element = o * steps[0]! + i * steps[1]! + r * steps[2]! + c * steps[3]!
          const stored = read(view, element * BYTES[dtype], dtype)
          weights[at++] = dequantise
            ? (stored - entry(dequantise.zero, o)) * entry(dequantise.scale, o) + dequantise.shift
            : stored
        }
  return weights
}

/** SHA-256 of a convolution's float32 weights, little-endian, in (out, in, row, column) order. */
export async function weightsHash({ weights, shape }: Convolution): Promise<string> {
  return createHash('sha256')
    .update(new Uint8Array((await referenceWeights(weights, shape)).buffer))
    .digest('hex')
}

const entry = (value: number | Float64Array, k: number): number => (typeof value === 'number' ? value : value[k]!)

function read(view: DataView, at: number, dtype: StoredType): number {
  switch (dtype) {
    case 'float32':
      return view.getFloat32(at, true)
    case 'float64':
      return view.getFloat64(at, true)
    case 'float16':
      return half(view.getUint16(at, true))
    case 'bfloat16': {
      const four = new DataView(new ArrayBuffer(4))
      four.setUint16(2, view.getUint16(at, true), true)
      return four.getFloat32(0, true)
    }
    case 'int8':
      return view.getInt8(at)
    case 'uint8':
      return view.getUint8(at)
    case 'int16':
      return view.getInt16(at, true)
    case 'uint16':
      return view.getUint16(at, true)
    case 'int32':
      return view.getInt32(at, true)
    case 'float8e4m3fn':
    case 'float8e4m3fnuz':
    case 'float8e5m2':
    case 'float8e5m2fnuz':
      return eighth(view.getUint8(at), dtype)
  }
}

/** From a table that was written by ml_dtypes: test/fixtures/README.md. */
function eighth(code: number, type: keyof typeof eighths): number {
  const value = eighths[type][code]!
  return value === null ? Number.NaN : value === 'inf' ? Infinity : Number(value === '-inf' ? -Infinity : value)
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
