import type { Place, Run } from '../onnx/records.ts'

/** A WeightParams of NeuralNetwork.proto without its values. */
export interface Weights {
  readonly floats: Run[]
  halves: Place | undefined
  /** Bits of each stored number where it is quantised. */
  bits: number
  /** Those numbers, packed. */
  raw: Place | undefined
  /** What they are multiplied by, what is added then, or the values that they stand for. */
  readonly scales: Run[]
  readonly biases: Run[]
  readonly table: Run[]
  isRaw: boolean
}

/** A ConvolutionLayerParams. */
export interface ConvolutionRecord {
  out: number
  inPerGroup: number
  groups: number
  readonly kernel: number[]
  readonly strides: number[]
  readonly dilations: number[]
  /** top, bottom, left, right; undefined when the padding is the smallest that keeps the size. */
  pads: number[] | undefined
  /** Where `pads` is undefined: whether the larger half lies before the image. */
  isTopHeavy: boolean
  isTransposed: boolean
  weights: Weights | undefined
  bias: Weights | undefined
}

/** A NeuralNetworkLayer. */
export interface LayerRecord {
  name: string
  readonly inputs: string[]
  readonly outputs: string[]
  /** Number of the field that holds what the layer does. */
  kind: number
  convolution: ConvolutionRecord | undefined
  /** Networks of a branch or a loop. */
  readonly bodies: LayerRecord[][]
}

/** A constant of an ML Program: where its numbers lie. */
export interface ConstantRecord {
  /** MIL's number of the element type. */
  type: number
  readonly shape: number[]
  readonly floats: Run[]
  bytes: Place | undefined
  readonly integers: number[]
  readonly texts: string[]
  file: string | undefined
  /** Of the numbers' metadata in that file. */
  offset: number
}

export interface OperationRecord {
  type: string
  /** Parameter → names of values; a constant written in place of a name is in `constants`. */
  readonly inputs: Map<string, string[]>
  readonly constants: Map<string, ConstantRecord>
  readonly outputs: string[]
  readonly bodies: BlockRecord[]
}

export interface BlockRecord {
  readonly inputs: string[]
  readonly operations: OperationRecord[]
}

export interface MilFunction {
  readonly name: string
  readonly block: BlockRecord
}

/** What a Model of Model.proto holds of what is read here. */
export interface CoreMlModel {
  version: number
  readonly inputs: string[]
  layers: LayerRecord[] | undefined
  functions: MilFunction[] | undefined
  pipeline: { readonly models: CoreMlModel[]; readonly names: string[] } | undefined
  /** Number of the field that holds what it is: 500 a neural network, 402 a tree ensemble … */
  kind: number
}
