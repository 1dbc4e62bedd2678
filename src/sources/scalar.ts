import type { RandomAccess } from '../io/random-access.ts'

/** How a single number is stored: bytes, and its type as NumPy and TensorFlow call it ("int64", "float32"); null for any other. */
export async function readScalar(
  access: RandomAccess,
  offset: number,
  type: string,
  isBigEndian: boolean = false,
): Promise<number | null> {
  const size = { int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, int64: 8, uint64: 8, float32: 4, float64: 8 }[type]
  if (size === undefined || offset + size > access.byteLength) return null
  const bytes = await access.read(offset, size)
  const view = new DataView(bytes.buffer, bytes.byteOffset, size)
  const isLittle = !isBigEndian
  switch (type) {
    case 'int8':
      return view.getInt8(0)
    case 'uint8':
      return view.getUint8(0)
    case 'int16':
      return view.getInt16(0, isLittle)
    case 'uint16':
      return view.getUint16(0, isLittle)
    case 'int32':
      return view.getInt32(0, isLittle)
    case 'uint32':
      return view.getUint32(0, isLittle)
    case 'int64':
      return Number(view.getBigInt64(0, isLittle))
    case 'uint64':
      return Number(view.getBigUint64(0, isLittle))
    case 'float32':
      return view.getFloat32(0, isLittle)
    default:
      return view.getFloat64(0, isLittle)
  }
}
