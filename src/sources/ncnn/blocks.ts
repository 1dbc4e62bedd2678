import type { NcnnLayer } from './param.ts'

/** Numbers that a layer takes from the .bin, one block after the other. */
export interface NcnnBlock {
  readonly what: 'weights' | 'bias' | 'other'
  readonly count: number
  /** Begins with four bytes that tell how it is stored; else it is float32. */
  readonly isMarked: boolean
}

const marked = (what: NcnnBlock['what'], count: number): NcnnBlock => ({ what, count, isMarked: true })
const plain = (what: NcnnBlock['what'], count: number): NcnnBlock => ({ what, count, isMarked: false })
const others = (...counts: number[]): NcnnBlock[] => counts.map((count) => plain('other', count))

type Rule = (get: (key: number, usual?: number) => number, layer: NcnnLayer) => NcnnBlock[]

/** What a convolution keeps: weights, a bias, scales of the 8-bit form. `groups`: scales are counted by groups, not by outputs. */
function convolution(dynamicKey: number, isByGroups: boolean): Rule {
  return (get) => {
    if (get(dynamicKey) !== 0) return []
    const blocks = [marked('weights', get(6))]
    if (get(5) !== 0) blocks.push(plain('bias', get(0)))
    const term = get(8)
    if (term === 0) return blocks
    const scales = isByGroups ? (term === 1 || term === 101 ? get(7, 1) : 1) : get(0)
    return [...blocks, ...others(scales, 1, ...(term > 100 ? [1] : []))]
  }
}

function transposed(get: (key: number, usual?: number) => number): NcnnBlock[] {
  if (get(28) !== 0) return []
  return [marked('weights', get(6)), ...(get(5) !== 0 ? [plain('bias', get(0))] : [])]
}

/** LSTM, GRU, RNN: input weights, biases and hidden weights of every direction. */
function recurrent(gates: number, biases: number): Rule {
  return (get) => {
    const directions = get(2) === 2 ? 2 : 1
    const out = get(0)
    const hidden = gates === 4 ? get(3, out) : out
    const blocks = [
      marked('other', get(1)),
      marked('other', hidden * biases * directions),
      marked('other', out * hidden * gates * directions),
    ]
    return hidden !== out ? [...blocks, marked('other', hidden * out * directions)] : blocks
  }
}

/** Scale factors and shifts of a normalisation, unless it has none. */
function affine(sizeKey: number, flagKey: number, each: number): Rule {
  return (get) => (get(flagKey, 1) !== 0 ? others(...new Array<number>(each).fill(get(sizeKey))) : [])
}

/** What layers load, in the order of their load_model in ncnn's src/layer; a type that is not here loads nothing, or is in UNKNOWN. */
const RULES: Readonly<Record<string, Rule>> = {
  Convolution: convolution(19, false),
  ConvolutionDepthWise: convolution(19, true),
  Convolution1D: convolution(19, false),
  ConvolutionDepthWise1D: convolution(19, true),
  Convolution3D: convolution(19, false),
  ConvolutionDepthWise3D: convolution(19, true),
  DeformableConv2D: convolution(19, false),
  Deconvolution: transposed,
  DeconvolutionDepthWise: transposed,
  Deconvolution1D: transposed,
  DeconvolutionDepthWise1D: transposed,
  Deconvolution3D: transposed,
  DeconvolutionDepthWise3D: transposed,
  InnerProduct: (get) => [
    marked('other', get(2)),
    ...(get(1) !== 0 ? others(get(0)) : []),
    ...(get(8) !== 0 ? others(get(0), 1) : []),
  ],
  BatchNorm: (get) => others(get(0), get(0), get(0), get(0)),
  Scale: (get) => (get(0) === -233 ? [] : others(get(0), ...(get(1) !== 0 ? [get(0)] : []))),
  Bias: (get) => others(get(0)),
  PReLU: (get) => others(get(0)),
  Embed: (get) => [marked('other', get(3)), ...(get(2) !== 0 ? others(get(0)) : []), ...(get(18) !== 0 ? others(1) : [])],
  MemoryData: (get) => {
    const count = [get(0), get(1), get(11), get(2)].reduce((product, size) => product * (size || 1), 1)
    return [get(21, 1) === 0 ? marked('other', count) : plain('other', count)]
  },
  InstanceNorm: affine(0, 2, 2),
  GroupNorm: affine(1, 3, 2),
  LayerNorm: affine(0, 2, 2),
  RMSNorm: affine(0, 2, 1),
  Normalize: (get) => others(get(3)),
  LSTM: recurrent(4, 4),
  GRU: recurrent(3, 4),
  RNN: recurrent(1, 1),
}

/** Layers that may load what is not written down here: what follows them in the .bin cannot be found. */
const UNKNOWN = new Set(['Gemm', 'MultiHeadAttention', 'Quantize', 'Dequantize', 'Requantize', 'SDPA', 'Spectrogram'])

/** The blocks that a layer takes from the .bin; undefined where that is not known. */
export function blocksOf(layer: NcnnLayer): NcnnBlock[] | undefined {
  if (UNKNOWN.has(layer.type)) return undefined
  const rule = Object.hasOwn(RULES, layer.type) ? RULES[layer.type] : undefined
  return rule ? rule((key, usual = 0) => layer.values.get(key) ?? usual, layer) : []
}
