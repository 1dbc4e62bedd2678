/**
 * An array of float32 as a file of NumPy, format 1.0, little-endian, C order.
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function npyFile(values: Float32Array, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const words = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`
  const length = Math.ceil((10 + words.length + 1) / 64) * 64
  const file = new Uint8Array(length + 4 * values.length)
  file.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0])
  const view = new DataView(file.buffer)
  view.setUint16(8, length - 10, true)
  file.set(new TextEncoder().encode(`${words.padEnd(length - 11)}\n`), 10)
  for (let k = 0; k < values.length; k++) view.setFloat32(length + 4 * k, values[k]!, true)
  return file
}
