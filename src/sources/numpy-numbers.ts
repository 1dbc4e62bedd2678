import type { NumberType } from '../weights/numbers.ts'

/** NumPy's types of plain numbers, by kind and bytes as NumPy abbreviates them. */
export const numpyNumbers: Readonly<Record<string, NumberType>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  b1: 'uint8',
  i1: 'int8',
  u1: 'uint8',
  i2: 'int16',
  u2: 'uint16',
  i4: 'int32',
  u4: 'uint32',
  i8: 'int64',
  u8: 'uint64',
}
