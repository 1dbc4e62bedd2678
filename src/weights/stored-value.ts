import { storedNumber } from './numbers.ts'
import type { ConvShape, WeightPlan } from './plan.ts'
import { storedBytes } from './stored-bytes.ts'

/**
 * A weight as the file holds it, in double: where float32 can only say Infinity, the number that was too large for it.
 * @param index in the layer's (out, in, row, column) order
 * @throws InputError when the bytes are not there
 */
export async function storedValue(
  { access, offset, dtype, strides, dequantise }: WeightPlan,
  shape: ConvShape,
  index: number,
): Promise<number> {
  const [, inputs, height, width] = shape
  const steps = strides ?? [inputs * height * width, height * width, width, 1]
  let element = 0
  let left = index
  for (let axis = 3; axis >= 0; axis--) {
    element += (left % shape[axis]!) * steps[axis]!
    left = Math.floor(left / shape[axis]!)
  }
  const size = storedBytes[dtype]
  const bytes = await access.read(offset + element * size, size)
  const stored = storedNumber(new DataView(bytes.buffer, bytes.byteOffset, size), 0, dtype)
  if (!dequantise) return stored
  const out = Math.floor(index / (inputs * height * width))
  const of = (values: number | Float64Array): number => (typeof values === 'number' ? values : values[out]!)
  return (stored - of(dequantise.zero)) * of(dequantise.scale) + dequantise.shift
}
