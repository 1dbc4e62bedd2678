const ELEMENT_BYTES = {
  ...{ float32: 4, float16: 2, bfloat16: 2, float64: 8, int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4 },
  ...{ float8e4m3fn: 1, float8e4m3fnuz: 1, float8e5m2: 1, float8e5m2fnuz: 1 },
}

/** Reads the first and the last stored element of a plan. Reading may find damage, but never leave the file. */
export async function probe({ layer, shape, weights }) {
  const { access, offset, dtype, strides, dequantise } = weights
  const size = ELEMENT_BYTES[dtype]
  const steps = strides ?? [shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1]
  if (shape.length !== 4 || !shape.every((side) => Number.isSafeInteger(side) && side > 0))
    throw new Error(`${layer}: shape ${shape}`)
  const last = shape.reduce((sum, side, k) => sum + (side - 1) * steps[k], 0)
  if (!(offset >= 0 && offset + (last + 1) * size <= access.byteLength)) throw new Error(`${layer}: a plan outside its file`)
  for (const list of [dequantise?.scale, dequantise?.zero])
    if (typeof list === 'object' && list.length !== shape[0])
      throw new Error(`${layer}: ${list.length} scales for ${shape[0]} channels`)
  for (const element of new Set([0, last])) {
    const bytes = await access.read(offset + element * size, size)
    if (bytes.length !== size) throw new Error(`${layer}: ${bytes.length} bytes for an element`)
  }
}
