import { createHash } from 'node:crypto'
import type { Convolution } from '../../src/sources/source.ts'

/** A layer's weights as float32 in (out, in, row, column) order, decoded here independently of the kernel. */
export async function readWeights({ shape, weights }: Pick<Convolution, 'shape' | 'weights'>): Promise<Float32Array> {
  const [out, inPerGroup, height, width] = shape
  const strides = weights.strides ?? [inPerGroup * height * width, height * width, width, 1]
  const sizes = { float32: 4, float16: 2, bfloat16: 2, float64: 8, int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4 }
  const size = sizes[weights.dtype]
  const count = out * inPerGroup * height * width
  const bytes = await weights.access.read(weights.offset, count * size)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stored = (k: number): number => {
    switch (weights.dtype) {
      case 'float32':
        return view.getFloat32(k * 4, true)
      case 'float64':
        return view.getFloat64(k * 8, true)
      case 'float16':
        return half(view.getUint16(k * 2, true))
      case 'bfloat16':
        return new Float32Array(new Uint32Array([view.getUint16(k * 2, true) << 16]).buffer)[0]!
      case 'int8':
        return view.getInt8(k)
      case 'uint8':
        return view.getUint8(k)
      case 'int16':
        return view.getInt16(k * 2, true)
      case 'uint16':
        return view.getUint16(k * 2, true)
      case 'int32':
        return view.getInt32(k * 4, true)
    }
  }
  const at = (list: number | Float64Array, o: number): number => (typeof list === 'number' ? list : list[o]!)
  const values = new Float32Array(count)
  let k = 0
  for (let o = 0; o < out; o++)
    for (let i = 0; i < inPerGroup; i++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const value = stored(o * strides[0] + i * strides[1] + y * strides[2] + x * strides[3])
          const q = weights.dequantise
          values[k++] = q ? (value - at(q.zero, o)) * at(q.scale, o) + q.shift : value
        }
  return values
}

export async function weightsSha256(convolution: Pick<Convolution, 'shape' | 'weights'>): Promise<string> {
  return createHash('sha256')
    .update(new Uint8Array((await readWeights(convolution)).buffer))
    .digest('hex')
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
