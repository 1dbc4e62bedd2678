import type { RandomAccess } from '../../io/random-access.ts'

/** Bytes of the model file. */
export interface Place {
  readonly start: number
  readonly length: number
}

/**
 * Values of a repeated number field: `count` elements of `size` bytes, `stride` bytes apart (packed: stride = size;
 * unpacked: a tag lies before each). Varints have size 0 and fill `length` bytes.
 */
export interface Run {
  start: number
  length: number
  count: number
  readonly size: number
  readonly stride: number
}

/** A TensorProto without its values: where they lie. */
export interface TensorRecord {
  name: string
  readonly dims: number[]
  dataType: number
  raw: Place | undefined
  readonly floats: Run[]
  readonly doubles: Run[]
  readonly int32s: Run[]
  readonly int64s: Run[]
  readonly uint64s: Run[]
  external: Map<string, string> | undefined
  isExternal: boolean
}

/** What of an attribute is used. */
export interface AttributeRecord {
  integer: number
  float: number | undefined
  text: string | undefined
  readonly integers: number[]
  readonly floats: Run[]
  tensor: TensorRecord | undefined
  isSparse: boolean
  readonly graphs: GraphRecord[]
  /** In a function: the caller's attribute that stands here. */
  reference: string | undefined
}

export interface NodeRecord {
  name: string
  operator: string
  domain: string
  readonly inputs: string[]
  readonly outputs: string[]
  attributes: Map<string, AttributeRecord> | undefined
}

export interface GraphRecord {
  readonly nodes: NodeRecord[]
  readonly initializers: Map<string, TensorRecord>
  readonly sparse: Map<string, number[]>
  readonly inputs: string[]
}

export interface FunctionRecord {
  name: string
  domain: string
  readonly inputs: string[]
  readonly outputs: string[]
  readonly nodes: NodeRecord[]
}

export interface ModelRecord {
  readonly access: RandomAccess
  producer: string
  producerVersion: string
  /** Version of the standard operators; undefined when the file names none. */
  opset: number | undefined
  graph: GraphRecord | undefined
  /** By `functionKey`. */
  readonly functions: Map<string, FunctionRecord>
}

/** How a node names the function it calls. */
export function functionKey(domain: string, name: string): string {
  return `${domain === 'ai.onnx' ? '' : domain}\n${name}`
}

/** TensorProto.DataType. */
export const DATA_TYPES: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1',
}
