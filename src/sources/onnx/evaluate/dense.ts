/** Numbers of one tensor in memory, row-major. */
export type Numbers =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
} as const

/** ONNX's element types that are computed with, and what their numbers are held as. 64-bit integers are doubles: exact to 2^53. */
const HELD_AS = {
  float32: 'float32',
  float64: 'float64',
  float16: 'float32',
  bfloat16: 'float32',
  float8e4m3fn: 'float32',
  float8e4m3fnuz: 'float32',
  float8e5m2: 'float32',
  float8e5m2fnuz: 'float32',
  float4e2m1: 'float32',
  int4: 'int8',
  uint4: 'uint8',
  int8: 'int8',
  uint8: 'uint8',
  bool: 'uint8',
  int16: 'int16',
  uint16: 'uint16',
  int32: 'int32',
  uint32: 'uint32',
  int64: 'float64',
  uint64: 'float64',
} as const

export type ElementType = keyof typeof HELD_AS

/** Why a value cannot be computed, as a phrase. */
export class ComputeProblem extends Error {}

export function isElementType(type: string): type is ElementType {
  return Object.hasOwn(HELD_AS, type)
}

export function newNumbers(type: ElementType, count: number): Numbers {
  return new ARRAYS[HELD_AS[type]](count)
}

/** The stored type of the numbers' bytes. */
export function heldAs(type: ElementType): keyof typeof ARRAYS {
  return HELD_AS[type]
}

export function bytesPer(type: ElementType): number {
  return ARRAYS[HELD_AS[type]].BYTES_PER_ELEMENT
}

export function isFloat(type: ElementType): boolean {
  return type.includes('float')
}

/** What the operators compute floats in: the types that results are rounded to after every operator. */
export function isComputedFloat(type: ElementType): boolean {
  return type === 'float32' || type === 'float64' || type === 'float16' || type === 'bfloat16'
}

/**
 * Rounds results, which were computed in double, to what their type holds; float32 and the small integers are rounded and
 * wrapped by the array that holds them.
 * @throws ComputeProblem for 64-bit integers beyond 2^53
 */
export function settle(numbers: Numbers, type: ElementType): Numbers {
  if (type === 'float16') for (let k = 0; k < numbers.length; k++) numbers[k] = roundedToHalf(numbers[k]!)
  else if (type === 'bfloat16') for (let k = 0; k < numbers.length; k++) numbers[k] = roundedToBrain(numbers[k]!)
  else if (type === 'int64' || type === 'uint64') {
    for (let k = 0; k < numbers.length; k++)
      if (!Number.isSafeInteger(numbers[k])) throw new ComputeProblem('computed from whole numbers beyond 2^53')
  }
  return numbers
}

const bits = new DataView(new ArrayBuffer(8))
const LARGEST_HALF = 65504

/** The nearest IEEE binary16, ties to even; `value` is a float32, which was rounded once already. */
function roundedToHalf(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value
  bits.setFloat64(0, value)
  const exponent = ((bits.getUint32(0) >>> 20) & 0x7ff) - 1023
  bits.setUint32(0, (Math.max(exponent, -14) - 10 + 1023) << 20)
  bits.setUint32(4, 0)
  const unit = bits.getFloat64(0)
  const rounded = roundedHalfEven(value / unit) * unit
  return Math.abs(rounded) > LARGEST_HALF ? Math.sign(rounded) * Number.POSITIVE_INFINITY : rounded
}

/** The nearest bfloat16, ties to even. */
function roundedToBrain(value: number): number {
  if (!Number.isFinite(value)) return value
  bits.setFloat32(0, value)
  const word = bits.getUint32(0)
  bits.setUint32(0, (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000)
  return bits.getFloat32(0)
}

export function roundedHalfEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1
}
