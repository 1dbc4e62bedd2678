import type { StoredType } from '../../wasm/stored.ts'

/** tensorflow/core/framework/types.proto: number → what it is called, and how its elements are stored where they can be weights. */
const TYPES: Readonly<Record<number, { readonly name: string; readonly bytes: number; readonly stored?: StoredType }>> = {
  1: { name: 'float32', bytes: 4, stored: 'float32' },
  2: { name: 'float64', bytes: 8, stored: 'float64' },
  3: { name: 'int32', bytes: 4 },
  4: { name: 'uint8', bytes: 1 },
  5: { name: 'int16', bytes: 2 },
  6: { name: 'int8', bytes: 1 },
  7: { name: 'string', bytes: 0 },
  8: { name: 'complex64', bytes: 8 },
  9: { name: 'int64', bytes: 8 },
  10: { name: 'bool', bytes: 1 },
  11: { name: 'qint8', bytes: 1 },
  12: { name: 'quint8', bytes: 1 },
  13: { name: 'qint32', bytes: 4 },
  14: { name: 'bfloat16', bytes: 2, stored: 'bfloat16' },
  15: { name: 'qint16', bytes: 2 },
  16: { name: 'quint16', bytes: 2 },
  17: { name: 'uint16', bytes: 2 },
  18: { name: 'complex128', bytes: 16 },
  19: { name: 'float16', bytes: 2, stored: 'float16' },
  22: { name: 'uint32', bytes: 4 },
  23: { name: 'uint64', bytes: 8 },
  24: { name: 'float8_e5m2', bytes: 1 },
  25: { name: 'float8_e4m3fn', bytes: 1 },
}

/** An element type of TensorFlow's. */
export interface TensorType {
  readonly name: string
  /** Bytes of an element; 0 where they differ. */
  readonly bytes: number
  /** Set for the types that hold weights. */
  readonly stored?: StoredType
}

/** The element type of a number. References to variables (100 more) count as what they refer to. */
export function tensorType(number: number): TensorType {
  return TYPES[number > 100 ? number - 100 : number] ?? { name: `type ${number}`, bytes: 0 }
}
