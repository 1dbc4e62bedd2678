/** A protobuf writer for tests: just what ONNX needs, each message as a list of encoded fields. */
export type Bytes = Uint8Array

export function concat(parts: readonly Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export function varint(value: number | bigint): Bytes {
  let rest = BigInt.asUintN(64, BigInt(value))
  const out: number[] = []
  do {
    const byte = Number(rest & 0x7fn)
    rest >>= 7n
    out.push(rest > 0n ? byte | 0x80 : byte)
  } while (rest > 0n)
  return Uint8Array.from(out)
}

export const number = (field: number, value: number | bigint): Bytes => concat([varint(field * 8), varint(value)])
export const bytes = (field: number, value: Bytes): Bytes => concat([varint(field * 8 + 2), varint(value.length), value])
export const string = (field: number, value: string): Bytes => bytes(field, new TextEncoder().encode(value))
export const message = (field: number, parts: readonly Bytes[]): Bytes => bytes(field, concat(parts))
export const float = (field: number, value: number): Bytes =>
  concat([varint(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer)])
export const double = (field: number, value: number): Bytes =>
  concat([varint(field * 8 + 1), new Uint8Array(Float64Array.of(value).buffer)])
export const packed = (field: number, values: readonly (number | bigint)[]): Bytes => bytes(field, concat(values.map(varint)))
export const floats = (field: number, values: readonly number[]): Bytes =>
  bytes(field, new Uint8Array(Float32Array.from(values).buffer))
