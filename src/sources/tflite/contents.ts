import type { RandomAccess } from '../../io/random-access.ts'
import { elementsOf } from '../../weights/elements.ts'
import { type NumberType, numberBytes } from '../../weights/numbers.ts'
import type { FileTensor } from '../source.ts'
import type { LiteModel, LiteTensor } from './schema.ts'

/** TensorType of the schema: what it is called, and how its numbers are read where they are. */
const TYPES: Readonly<Record<number, readonly [name: string, dtype?: NumberType]>> = {
  0: ['float32', 'float32'],
  1: ['float16', 'float16'],
  2: ['int32', 'int32'],
  3: ['uint8', 'uint8'],
  4: ['int64', 'int64'],
  5: ['string'],
  6: ['bool', 'uint8'],
  7: ['int16', 'int16'],
  8: ['complex64'],
  9: ['int8', 'int8'],
  10: ['float64', 'float64'],
  11: ['complex128'],
  12: ['uint64', 'uint64'],
  15: ['uint32', 'uint32'],
  16: ['uint16', 'uint16'],
  17: ['int4'],
}

/** Every tensor of a model whose values lie in the file. */
export function liteContents(access: RandomAccess, { graphs }: LiteModel): FileTensor[] {
  return graphs.flatMap(({ tensors }) => tensors.filter(({ data }) => data).map((tensor) => listed(access, tensor)))
}

function listed(access: RandomAccess, { name, shape, type, data, scale, zero, axis, isSparse }: LiteTensor): FileTensor {
  const [known, dtype] = TYPES[type] ?? [`type ${type}`]
  return {
    name,
    shape,
    type: known,
    async elements() {
      if (isSparse) return 'stored in sparse form'
      if (!dtype) return `numbers stored as ${known} are not read`
      const count = shape.reduce((product, size) => product * size, 1)
      if (count * numberBytes[dtype] !== data!.length)
        return `its ${shape.join('×') || 'single'} values do not fit the ${data!.length} bytes stored`
      const scales = scale.length > 1 || zero.length > 1 ? shape[axis] : 1
      const fits = (list: readonly number[]): boolean => list.length <= 1 || list.length === scales
      if (!fits(scale) || !fits(zero)) return `quantised with ${scale.length} scales along dimension ${axis}`
      const of = (list: readonly number[], usual: number): number | Float64Array =>
        list.length > 1 ? Float64Array.from(list) : (list[0] ?? usual)
      const dequantise = scale.length > 0 && { scale: of(scale, 1), zero: of(zero, 0), shift: 0 }
      return elementsOf({ access, offset: data!.offset, dtype, shape, axis, ...(dequantise && { dequantise }) })
    },
  }
}
