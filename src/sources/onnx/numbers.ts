import type { Payload } from './payload.ts'
import { ELEMENT_BYTES } from './payload.ts'

/** Elements first … first + count - 1 of a tensor as doubles, exactly (int64 beyond 2^53 rounded). */
export async function readNumbers(payload: Payload, first: number, count: number): Promise<Float64Array<ArrayBuffer>> {
  const size = ELEMENT_BYTES[payload.dtype]
  const bytes = await payload.access.read(payload.offset + first * size, count * size)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const out = new Float64Array(count)
  for (let k = 0; k < count; k++) out[k] = readNumber(view, k * size, payload.dtype)
  return out
}

function readNumber(view: DataView, at: number, dtype: Payload['dtype']): number {
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
    case 'int64':
      return Number(view.getBigInt64(at, true))
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
