/** Writes a safetensors file: tensors one after the other, the header as given or made from them. */
export interface Tensor {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

export function writeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {}
  let end = 0
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [end, (end += bytes.length)] }
  }
  return withHeader(JSON.stringify(header), ...Object.values(tensors).map(({ bytes }) => bytes))
}

export function withHeader(header: string, ...data: readonly Uint8Array[]): Uint8Array {
  const json = new TextEncoder().encode(header)
  const out = new Uint8Array(8 + json.length + data.reduce((sum, bytes) => sum + bytes.length, 0))
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true)
  out.set(json, 8)
  let at = 8 + json.length
  for (const bytes of data) {
    out.set(bytes, at)
    at += bytes.length
  }
  return out
}

export function float32(...shape: number[]): Tensor {
  const count = shape.reduce((a, b) => a * b, 1)
  return {
    dtype: 'F32',
    shape,
    bytes: new Uint8Array(Float32Array.from({ length: count }, (_, k) => Math.fround(k / 7 - 1)).buffer),
  }
}
