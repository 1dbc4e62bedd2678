import { type Bytes, bytes, concat, float, message, number, packed, string } from './protobuf.ts'

/** Builds ONNX models for tests, field by field as onnx.proto numbers them. */
export const FLOAT = 1
export const UINT8 = 2
export const INT8 = 3
export const INT32 = 6
export const INT64 = 7
export const FLOAT16 = 10
export const DOUBLE = 11
export const BFLOAT16 = 16

/** TensorProto. `data`: further fields, e.g. raw(…). */
export function tensor(name: string, dims: readonly number[], dataType: number, ...data: Bytes[]): Bytes {
  return concat([...dims.map((size) => number(1, size)), number(2, dataType), string(8, name), ...data])
}

export const raw = (values: ArrayLike<number> & ArrayBufferView): Bytes =>
  bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))

/** A float32 tensor with raw data. */
export function weight(name: string, dims: readonly number[], seed = 1): Bytes {
  return tensor(name, dims, FLOAT, raw(values(dims, seed)))
}

/** Numbers that depend on the seed: small, signed, all different. */
export function values(dims: readonly number[], seed = 1): Float32Array {
  return Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, k) => ((k * 37 + seed * 11) % 101) / 50 - 1)
}

export const attribute = {
  int: (name: string, value: number): Bytes => message(5, [string(1, name), number(3, value), number(20, 2)]),
  ints: (name: string, list: readonly number[]): Bytes => message(5, [string(1, name), packed(8, list), number(20, 7)]),
  float: (name: string, value: number): Bytes => message(5, [string(1, name), float(2, value), number(20, 1)]),
  text: (name: string, value: string): Bytes => message(5, [string(1, name), string(4, value), number(20, 3)]),
  tensor: (name: string, value: Bytes): Bytes => message(5, [string(1, name), bytes(5, value), number(20, 4)]),
  graph: (name: string, value: Bytes): Bytes => message(5, [string(1, name), bytes(6, value), number(20, 5)]),
  reference: (name: string, to: string): Bytes => message(5, [string(1, name), string(21, to), number(20, 2)]),
}

/** NodeProto. */
export function node(operator: string, inputs: readonly string[], outputs: readonly string[], ...rest: Bytes[]): Bytes {
  return concat([
    ...inputs.map((name) => string(1, name)),
    ...outputs.map((name) => string(2, name)),
    string(3, `${operator}_${outputs[0]}`),
    string(4, operator),
    ...rest,
  ])
}

export const domain = (name: string): Bytes => string(7, name)

interface Graph {
  readonly inputs?: readonly string[]
  readonly nodes?: readonly Bytes[]
  readonly initializers?: readonly Bytes[]
  readonly rest?: readonly Bytes[]
}

/** GraphProto. */
export function graph({ inputs = ['x'], nodes = [], initializers = [], rest = [] }: Graph): Bytes {
  return concat([
    ...nodes.map((value) => bytes(1, value)),
    string(2, 'g'),
    ...initializers.map((value) => bytes(5, value)),
    ...inputs.map((name) => message(11, [string(1, name)])),
    ...rest,
  ])
}

/** ModelProto. */
export function model(content: Graph, ...rest: Bytes[]): Bytes {
  return concat([
    number(1, 8),
    string(2, 'test'),
    string(3, '1.0'),
    bytes(7, graph(content)),
    message(8, [string(1, ''), number(2, 13)]),
    ...rest,
  ])
}

/** FunctionProto as a field of the model. */
export function localFunction(
  name: string,
  inputs: readonly string[],
  outputs: readonly string[],
  nodes: readonly Bytes[],
): Bytes {
  return message(25, [
    string(1, name),
    ...inputs.map((value) => string(4, value)),
    ...outputs.map((value) => string(5, value)),
    ...nodes.map((value) => bytes(7, value)),
    string(10, 'local'),
  ])
}
