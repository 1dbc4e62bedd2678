import {
  type FlatTable,
  int8Field,
  int32Field,
  int64Field,
  rootTable,
  stringField,
  structsField,
  tableField,
  tablesField,
  vectorField,
} from '../../arrow/flatbuffer.ts'
import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'

// TensorFlow Lite, tensorflow/compiler/mlir/lite/schema/schema.fbs (version 3, file identifier "TFL3"). Fields by number:
//
//   Model          0 version  1 operator codes  2 subgraphs  3 description  4 buffers
//   OperatorCode   0 code (byte, before 128 codes existed)  1 custom code  3 code (int)
//   SubGraph       0 tensors  1 inputs  2 outputs  3 operators  4 name
//   Tensor         0 shape  1 type  2 buffer  3 name  4 quantisation  6 sparsity
//   Quantisation   2 scale  3 zero point  6 quantised dimension
//   Operator       0 code's index  1 inputs  2 outputs  4 options
//   Buffer         0 data  1 offset  2 size (of data that lies behind the FlatBuffer)

export interface LiteTensor {
  readonly name: string
  readonly shape: readonly number[]
  /** Number of the type: 0 float32, 1 float16, 3 uint8, 7 int16, 9 int8, 10 float64 … */
  readonly type: number
  /** Where its values lie in the file; undefined for a tensor that is computed. */
  readonly data: { readonly offset: number; readonly length: number } | undefined
  readonly scale: readonly number[]
  readonly zero: readonly number[]
  /** The dimension along which scales differ. */
  readonly axis: number
  readonly isSparse: boolean
}

export interface LiteOperator {
  /** Number of the operator: 3 CONV_2D, 4 DEPTHWISE_CONV_2D, 6 DEQUANTIZE, 67 TRANSPOSE_CONV …; 32 CUSTOM. */
  readonly code: number
  readonly custom: string | undefined
  /** Tensor numbers; -1 for an input that is left out. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  readonly options: FlatTable | undefined
}

export interface LiteGraph {
  readonly name: string
  readonly tensors: readonly LiteTensor[]
  readonly inputs: readonly number[]
  readonly operators: readonly LiteOperator[]
}

export interface LiteModel {
  readonly description: string | undefined
  readonly graphs: readonly LiteGraph[]
  /** Where further models begin that lie behind this one in the same file (packed assets), bytes. */
  readonly further: readonly number[]
}

const LARGEST_FILE = 1 << 29
const IDENTIFIER = [...'TFL3'].map((letter) => letter.charCodeAt(0))

/** True for the first bytes of a TensorFlow Lite model. */
export function looksLikeLite(head: Uint8Array): boolean {
  return isIdentifier(head, 4)
}

function isIdentifier(bytes: Uint8Array, at: number): boolean {
  return IDENTIFIER.every((byte, k) => bytes[at + k] === byte)
}

/** Where models begin behind the first: the identifier may lie among weights by chance, a version 3 with a graph behind it may not. */
function furtherModels(bytes: Uint8Array): number[] {
  const found: number[] = []
  for (let at = bytes.indexOf(IDENTIFIER[0]!, 8); at >= 0; at = bytes.indexOf(IDENTIFIER[0]!, at + 1))
    if (isIdentifier(bytes, at) && beginsModel(bytes.subarray(at - 4))) found.push(at - 4)
  return found
}

function beginsModel(bytes: Uint8Array): boolean {
  try {
    const model = rootTable(bytes)
    return int32Field(model, 0) === 3 && tablesField(model, 2).length > 0
  } catch (error) {
    if (error instanceof RangeError) return false // it points outside the file
    throw error
  }
}

/**
 * Reads a model's tables. They lie anywhere among the weights, so the file is read whole for as long as this takes.
 * @throws InputError when it is damaged or has more than 512 MiB
 */
export async function readLite(access: RandomAccess): Promise<LiteModel> {
  const { name, byteLength } = access
  if (byteLength > LARGEST_FILE)
    throw new InputError(
      name,
      `has ${byteLength} bytes; TensorFlow Lite models are read up to ${LARGEST_FILE}, convert it to ONNX`,
    )
  const bytes = await access.read(0, byteLength)
  return namingFile(access, () => {
    const model = rootTable(bytes)
    const codes = tablesField(model, 1).map((code) => ({
      code: Math.max((int8Field(code, 0) << 24) >> 24, int32Field(code, 3)),
      custom: stringField(code, 1),
    }))
    const buffers = tablesField(model, 4).map((buffer) => dataOf(buffer, byteLength))
    const graphs = tablesField(model, 2).map((graph): LiteGraph => {
      const tensors = tablesField(graph, 0).map((tensor) => readTensor(tensor, buffers))
      const known = (index: number): number => {
        if (index < -1 || index >= tensors.length) throw new RangeError(`there is no tensor ${index}`)
        return index
      }
      return {
        name: stringField(graph, 4) ?? '',
        tensors,
        inputs: integers(graph, 1).map(known),
        operators: tablesField(graph, 3).map((operator) => {
          const code = codes[int32Field(operator, 0)]
          if (!code) throw new RangeError(`there is no operator code ${int32Field(operator, 0)}`)
          return {
            ...code,
            inputs: integers(operator, 1).map(known),
            outputs: integers(operator, 2).map(known),
            options: tableField(operator, 4),
          }
        }),
      }
    })
    return { description: stringField(model, 3), graphs, further: furtherModels(bytes) }
  })
}

/** Runs `work`; what the tables' walker finds wrong (a position outside the file) is thrown as a sentence about the file. */
export function namingFile<T>({ name }: RandomAccess, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof InputError) throw error
    // A DataView says it in words of its own engine.
    const isBeyond = error instanceof RangeError && /DataView|bounds/.test(error.message)
    const detail = isBeyond ? 'a table of it lies beyond its end' : error instanceof Error ? error.message : String(error)
    throw new InputError(name, `TensorFlow Lite: ${detail}; the file is cut short or damaged, get it again`, { cause: error })
  }
}

function dataOf(buffer: FlatTable, byteLength: number): LiteTensor['data'] {
  const outside = { offset: int64Field(buffer, 1), length: int64Field(buffer, 2) }
  if (outside.offset > 1) {
    if (outside.offset + outside.length > byteLength) throw new RangeError('a buffer lies outside the file')
    return outside
  }
  const inside = vectorField(buffer, 0, 1)
  return inside && inside.length > 0 ? { offset: inside.at, length: inside.length } : undefined
}

function readTensor(tensor: FlatTable, buffers: readonly LiteTensor['data'][]): LiteTensor {
  const quantisation = tableField(tensor, 4)
  return {
    name: stringField(tensor, 3) ?? '',
    shape: integers(tensor, 0),
    type: int8Field(tensor, 1),
    data: buffers[int32Field(tensor, 2)],
    scale: quantisation ? structsField(quantisation, 2, 4).map((at) => tensor.view.getFloat32(at, true)) : [],
    zero: quantisation ? structsField(quantisation, 3, 8).map((at) => Number(tensor.view.getBigInt64(at, true))) : [],
    axis: quantisation ? int32Field(quantisation, 6) : 0,
    isSparse: tableField(tensor, 6) !== undefined,
  }
}

function integers(table: FlatTable, index: number): number[] {
  return structsField(table, index, 4).map((at) => table.view.getInt32(at, true))
}
