/** A .npy file of these numbers; `fortran`: the same bytes, taken as column-major. */
export function npyBytes(
  type: '<f4' | '<f8',
  shape: readonly number[],
  values: Float32Array | Float64Array,
  fortran = false,
): Uint8Array {
  const order = fortran ? 'True' : 'False'
  const header = `${`{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${shape.join(', ')},), }`.padEnd(117)}\n`
  const out = new Uint8Array(128 + values.byteLength)
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0])
  out.set(new TextEncoder().encode(header), 10)
  out.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 128)
  return out
}
