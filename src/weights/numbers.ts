import type { StoredType } from '../wasm/stored.ts'
import { storedBytes } from './stored-bytes.ts'

/** Types of numbers that files hold beside weights: shapes, indices, scales. */
export type NumberType = StoredType | 'int64' | 'uint32' | 'uint64'

/** Bytes that one number takes. */
export const numberBytes: Readonly<Record<NumberType, number>> = { ...storedBytes, int64: 8, uint32: 4, uint64: 8 }

/** `count` little-endian numbers from the start of `bytes` as doubles, exactly (64-bit integers beyond 2^53 are rounded). */
export function numbersOf(bytes: Uint8Array, dtype: NumberType, count: number): Float64Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = numberBytes[dtype]
  const out = new Float64Array(count)
  for (let k = 0; k < count; k++) out[k] = storedNumber(view, k * size, dtype)
  return out
}

/** One little-endian number as a double, exactly (64-bit integers beyond 2^53 are rounded). */
export function storedNumber(view: DataView, at: number, dtype: NumberType): number {
  switch (dtype) {
    case 'float32':
      return view.getFloat32(at, true)
    case 'float64':
      return view.getFloat64(at, true)
    case 'float16':
      return halfToDouble(view.getUint16(at, true))
    case 'bfloat16':
      scratch.setUint32(0, view.getUint16(at, true) << 16)
      return scratch.getFloat32(0)
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
    case 'uint32':
      return view.getUint32(at, true)
    case 'int64':
      return Number(view.getBigInt64(at, true))
    case 'uint64':
      return Number(view.getBigUint64(at, true))
    default:
      return eighthToDouble(view.getUint8(at), dtype)
  }
}

const scratch = new DataView(new ArrayBuffer(4))
const SMALLEST_HALF = 1 / (1 << 24)

/** IEEE binary16 bits to their value. */
function halfToDouble(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  if (exponent === 0) return sign * fraction * SMALLEST_HALF
  // The exponent moved from half's bias (15) to float32's (127).
  scratch.setUint32(0, (((exponent + 112) << 23) | (fraction << 13)) >>> 0)
  return sign * scratch.getFloat32(0)
}

/** A float32 as the nearest float16, the even one of two that are as near. */
export function roundedToHalf(value: number): number {
  const size = Math.abs(value)
  if (!(size < LEAST_INFINITE)) return size >= LEAST_INFINITE ? value * Number.POSITIVE_INFINITY : Number.NaN
  scratch.setFloat32(0, size)
  // Halves of this size are a power of two apart, which is made of its bits.
  scratch.setUint32(0, (Math.max(scratch.getUint32(0) >>> 23, 113) - 10) << 23)
  const spacing = scratch.getFloat32(0)
  const steps = size / spacing + TO_WHOLE - TO_WHOLE
  return value < 0 || Object.is(value, -0) ? -steps * spacing : steps * spacing
}

/** Half of the way from the largest float16 to what would come next. */
const LEAST_INFINITE = 65520
/** Added and taken away again it rounds a double below 2^51 to a whole number, ties to even. */
const TO_WHOLE = 1.5 * 4503599627370496

type Eighth = 'float8e4m3fn' | 'float8e4m3fnuz' | 'float8e5m2' | 'float8e5m2fnuz'

/** Eight-bit floats: bits of the fraction, and the bias of the exponent. */
const EIGHTHS: Readonly<Record<Eighth, readonly [fraction: number, bias: number]>> = {
  float8e4m3fn: [3, 7],
  float8e4m3fnuz: [3, 8],
  float8e5m2: [2, 15],
  float8e5m2fnuz: [2, 16],
}

function eighthToDouble(bits: number, type: Eighth): number {
  if (type === 'float8e5m2') return halfToDouble(bits << 8)
  const [width, bias] = EIGHTHS[type]
  const isFnuz = type !== 'float8e4m3fn'
  if (isFnuz ? bits === 0x80 : (bits & 0x7f) === 0x7f) return Number.NaN
  const sign = bits & 0x80 ? -1 : 1
  const exponent = (bits & 0x7f) >> width
  const fraction = bits & ((1 << width) - 1)
  const scaled = exponent === 0 ? fraction : fraction + (1 << width)
  // A power of two, made of its bits: the product is exact.
  scratch.setUint32(0, (Math.max(exponent, 1) - bias - width + 127) << 23)
  return sign * scaled * scratch.getFloat32(0)
}
