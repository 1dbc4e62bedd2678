import type { StoredType } from '../wasm/stored.ts'
import type { NumberType } from '../weights/numbers.ts'

/** The floats that weights are stored in, as PyTorch, JAX and the package ml_dtypes call them. */
export const namedFloats: ReadonlyMap<string, StoredType> = new Map([
  ['float32', 'float32'],
  ['float64', 'float64'],
  ['float16', 'float16'],
  ['bfloat16', 'bfloat16'],
  ['float8_e4m3fn', 'float8e4m3fn'],
  ['float8_e4m3fnuz', 'float8e4m3fnuz'],
  ['float8_e5m2', 'float8e5m2'],
  ['float8_e5m2fnuz', 'float8e5m2fnuz'],
])

/** Every type of numbers that is read, by the same names; a truth value is a byte. */
export const namedNumbers: ReadonlyMap<string, NumberType> = new Map<string, NumberType>([
  ...namedFloats,
  ['int8', 'int8'],
  ['uint8', 'uint8'],
  ['int16', 'int16'],
  ['uint16', 'uint16'],
  ['int32', 'int32'],
  ['uint32', 'uint32'],
  ['int64', 'int64'],
  ['uint64', 'uint64'],
  ['bool', 'uint8'],
])
