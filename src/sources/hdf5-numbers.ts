import type { Hdf5File } from '../hdf5/file.ts'
import type { Hdf5Type } from '../hdf5/protocol.ts'
import type { NumberType } from '../weights/numbers.ts'
import type { Unsupported } from './file-tensors.ts'

const NUMBERS: Readonly<Record<string, NumberType>> = {
  float16: 'float16',
  float32: 'float32',
  float64: 'float64',
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  uint8: 'uint8',
  uint16: 'uint16',
  uint32: 'uint32',
  uint64: 'uint64',
  bool8: 'uint8',
}

/** A data set of HDF5 that is not taken for weights: its type by name, and its numbers, which are opened when they are asked for. */
export function otherDataset(file: Hdf5File, path: string, type: Hdf5Type): Unsupported {
  const name = type.kind === 'other' ? type.name : `${type.kind}${type.bytes * 8}`
  const dtype = Object.hasOwn(NUMBERS, name) ? NUMBERS[name] : undefined
  return { unsupported: name, ...(dtype && { numbers: async () => ({ access: await file.access(path), offset: 0, dtype }) }) }
}
