import type { FlatTable } from '../../arrow/flatbuffer.ts'
import { int8Field, int32Field } from '../../arrow/flatbuffer.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import type { StoredType } from '../../wasm/stored.ts'
import type { WeightPlan } from '../../weights/plan.ts'
import { rankDepths } from '../depth.ts'
import { depthwiseKernel, type KernelLayout, liteConvKernel } from '../hwio.ts'
import type { Convolution, Placement, Skipped } from '../source.ts'
import type { LiteGraph, LiteModel, LiteOperator, LiteTensor } from './schema.ts'

const CONV_2D = 3
const DEPTHWISE_CONV_2D = 4
const OTHERS: ReadonlyMap<number, readonly [kind: string, weight: number, reason: string]> = new Map([
  [67, ['TRANSPOSE_CONV', 1, 'transposed convolution']],
  [132, ['CONV_3D', 1, '3-D convolution']],
  [141, ['CONV_3D_TRANSPOSE', 1, '3-D transposed convolution']],
])
const PASSES_ON = new Set([6, 124]) // DEQUANTIZE, DENSIFY
const TYPES: ReadonlyMap<number, readonly [dtype: StoredType, bytes: number]> = new Map([
  [0, ['float32', 4]],
  [1, ['float16', 2]],
  [3, ['uint8', 1]],
  [7, ['int16', 2]],
  [9, ['int8', 1]],
  [10, ['float64', 8]],
])

export interface LiteCensus {
  readonly convolutions: Convolution[]
  readonly skipped: Skipped[]
  readonly tensors: number
}

type Kept = Omit<Convolution, 'conv_depth' | 'conv_depth_norm'>

/**
 * Every convolution of a model; the depth is the longest path from a model input, as for ONNX. A weight that several
 * operators share is one layer, where it is first used.
 */
export function liteCensus(access: RandomAccess, model: LiteModel): LiteCensus {
  const kept: Kept[] = []
  const skipped: Skipped[] = []
  const names = new Set<string>()
  const depthsOf4d: number[] = []
  for (const graph of model.graphs) {
    const { depths, sources } = follow(graph)
    const used = new Set<number>()
    for (const [index, operator] of graph.operators.entries()) {
      const other =
        OTHERS.get(operator.code) ??
        (/conv/i.test(operator.custom ?? '')
          ? ([operator.custom!, 1, /transpose/i.test(operator.custom!) ? 'transposed convolution' : 'custom operator'] as const)
          : undefined)
      const isDepthwise = operator.code === DEPTHWISE_CONV_2D
      if (!other && operator.code !== CONV_2D && !isDepthwise) continue
      const kind = other?.[0] ?? (isDepthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D')
      const number = sources.get(operator.inputs[1] ?? -1) ?? operator.inputs[1] ?? -1
      const weight = graph.tensors[number]
      if (used.has(number)) continue
      used.add(number)
      const skip = (reason: string): void =>
        void skipped.push({ name: weight?.name ?? '', kind, shape: weight?.shape ?? [], reason })
      if (other) {
        skip(other[2])
        continue
      }
      if (depths[index]! >= 0 && weight?.shape.length === 4) depthsOf4d.push(depths[index]!)
      const plan = planOf(access, weight, isDepthwise ? 3 : 0)
      if (typeof plan === 'string' || !weight) skip(typeof plan === 'string' ? plan : 'no weight')
      else if (depths[index]! < 0) skip('no path leads to it from a model input')
      else {
        const layout = layoutOf(graph, operator, weight, isDepthwise)
        const placement = placementOf(operator.options, isDepthwise)
        const bias = biasOf(access, graph.tensors[sources.get(operator.inputs[2] ?? -1) ?? operator.inputs[2] ?? -1], layout)
        kept.push({
          layer: unique(weight.name, names),
          shape: layout.shape,
          groups: layout.groups,
          depth: depths[index]!,
          weights: { ...plan, strides: layout.strides },
          ...(placement && { placement }),
          ...(bias && { bias }),
        })
      }
    }
  }
  const rank = rankDepths(depthsOf4d)
  const convolutions = kept.map((layer) => ({ ...layer, ...rank(layer.depth) })).sort((a, b) => a.depth - b.depth)
  const tensors = model.graphs.reduce((sum, graph) => sum + graph.tensors.filter(({ data }) => data).length, 0)
  return { convolutions, skipped, tensors }
}

/** Operators stand in the order in which they run, so one pass gives their depths; and where a passed-on constant comes from. */
function follow({ tensors, inputs, operators }: LiteGraph): { depths: Int32Array; sources: Map<number, number> } {
  const level = new Int32Array(tensors.length).fill(-1)
  for (const input of inputs) if (input >= 0) level[input] = 0
  const depths = new Int32Array(operators.length).fill(-1)
  const sources = new Map<number, number>()
  for (const [index, { code, inputs: takes, outputs }] of operators.entries()) {
    let depth = -1
    for (const input of takes) if (input >= 0 && level[input]! > depth) depth = level[input]!
    depths[index] = depth
    for (const output of outputs) if (output >= 0 && depth >= 0) level[output] = Math.max(level[output]!, depth + 1)
    const [from] = takes
    if (PASSES_ON.has(code) && outputs.length === 1 && from !== undefined && from >= 0)
      sources.set(outputs[0]!, sources.get(from) ?? from)
  }
  return { depths, sources }
}

/** Where a weight's values lie; or why they are not read. `axis` is the dimension of the output channels. */
function planOf(access: RandomAccess, tensor: LiteTensor | undefined, axis: number): Omit<WeightPlan, 'strides'> | string {
  if (!tensor?.data) return 'no constant weight'
  if (tensor.shape.length !== 4) return `its weight has ${tensor.shape.length} dimensions`
  if (tensor.isSparse) return 'stored in sparse form'
  const type = TYPES.get(tensor.type)
  if (!type) return `stored as type ${tensor.type} of TensorFlow Lite, which is not read as weights`
  const [dtype, bytes] = type
  const count = tensor.shape.reduce((product, size) => product * size, 1)
  if (count === 0 || tensor.shape.some((size) => size < 0)) return 'empty'
  if (count * bytes !== tensor.data.length)
    return `its ${tensor.shape.join('×')} values do not fit the ${tensor.data.length} bytes stored`
  const place = { access, offset: tensor.data.offset, dtype }
  if (dtype.startsWith('float')) return place
  const { scale, zero } = tensor
  if (scale.length === 0) return `stored as ${dtype} without a scale`
  const out = tensor.shape[axis]!
  const fits = (list: readonly number[]): boolean => list.length <= 1 || (list.length === out && tensor.axis === axis)
  if (!fits(scale) || !fits(zero))
    return `quantised with ${scale.length} scales and ${zero.length} zero points along dimension ${tensor.axis}, for ${out} output channels`
  return { ...place, dequantise: { scale: oneOrAll(scale, 1), zero: oneOrAll(zero, 0), shift: 0 } }
}

function oneOrAll(list: readonly number[], otherwise: number): number | Float64Array {
  return list.length > 1 ? Float64Array.from(list) : (list[0] ?? otherwise)
}

function layoutOf(
  graph: LiteGraph,
  { inputs, options }: LiteOperator,
  { shape }: LiteTensor,
  isDepthwise: boolean,
): KernelLayout {
  const channels = graph.tensors[inputs[0] ?? -1]?.shape[3] ?? 0
  if (!isDepthwise) {
    const groups = channels / shape[3]!
    return liteConvKernel(shape, Number.isInteger(groups) && groups >= 1 ? groups : 1)
  }
  // (1, rows, columns, C·M): the same order as TensorFlow's (rows, columns, C, M).
  const multiplier = options ? int32Field(options, 3) : 0
  const out = shape[3]!
  const groups =
    channels > 0 && out % channels === 0 ? channels : multiplier > 0 && out % multiplier === 0 ? out / multiplier : out
  return depthwiseKernel([shape[1]!, shape[2]!, groups, out / groups])
}

function placementOf(options: FlatTable | undefined, isDepthwise: boolean): Placement | undefined {
  if (!options) return undefined
  const dilation = isDepthwise ? 5 : 4
  const strides = [int32Field(options, 2), int32Field(options, 1)] as const
  const dilations = [int32Field(options, dilation + 1, 1), int32Field(options, dilation, 1)] as const
  if ([...strides, ...dilations].some((step) => step < 1)) return undefined
  return { strides, dilations, pads: int8Field(options, 0) === 0 ? 'same_upper' : [0, 0, 0, 0] }
}

function biasOf(access: RandomAccess, tensor: LiteTensor | undefined, { shape }: KernelLayout): WeightPlan | undefined {
  const type = tensor && TYPES.get(tensor.type)
  if (!tensor?.data || !type?.[0].startsWith('float') || tensor.shape.length !== 1 || tensor.shape[0] !== shape[0])
    return undefined
  return tensor.data.length === shape[0] * type[1] ? { access, offset: tensor.data.offset, dtype: type[0] } : undefined
}

function unique(name: string, taken: Set<string>): string {
  let free = name || 'kernel'
  for (let k = 2; taken.has(free); k++) free = `${name || 'kernel'}#${k}`
  taken.add(free)
  return free
}
