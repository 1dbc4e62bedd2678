import type { ConvShape, WeightPlan } from '../../weights/plan.ts'
import { rankDepths } from '../depth.ts'
import { longestPaths } from '../longest-path.ts'
import type { Convolution, Skipped } from '../source.ts'
import { type Constant, Constants, isConstant, isStoredType, planOf } from './constants.ts'
import type { ExternalFiles } from './external.ts'
import { type PlacedNode, placeNodes } from './graph.ts'
import { placementOf } from './placement.ts'
import type { Quantisation } from './quantised.ts'
import type { ModelRecord } from './records.ts'

/** What an ONNX model's nodes hold. */
export interface OnnxCensus {
  readonly convolutions: Convolution[]
  readonly skipped: Skipped[]
  readonly tensors: number
  readonly warnings: string[]
}

/** Per operator: its weight's input. Scales and zero points follow where the operator has them. */
interface ConvOperator {
  readonly weight: number
  readonly bias?: number
  readonly scale?: number
  readonly zero?: number
}

const STANDARD = new Set(['', 'ai.onnx'])
const OPERATORS: Readonly<Record<string, ConvOperator>> = {
  Conv: { weight: 1, bias: 2 },
  QLinearConv: { weight: 3, scale: 4, zero: 5 },
  ConvInteger: { weight: 1, zero: 3 },
}
/** Of com.microsoft: the same weights, with something fused behind them. */
const CONTRIBUTED: Readonly<Record<string, ConvOperator>> = {
  FusedConv: { weight: 1, bias: 2 },
  QLinearConv: { weight: 3, scale: 4, zero: 5 },
}
const NOT_MEASURED: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/transpose/i, 'transposed convolution'],
  [/deform/i, 'deformable convolution'],
  [/nchwc/i, 'weights in the blocked order of one machine; use the model before it was optimised'],
  [/nhwc/i, 'weights in the order of an optimised model; use the model before it was optimised'],
]

/** Every convolution of a model: kept with its depth and its plan, or skipped with the reason. @throws InputError */
export async function takeCensus(model: ModelRecord, external: ExternalFiles): Promise<OnnxCensus> {
  const graph = placeNodes(model)
  const depths = longestPaths(graph, model.access.name, (index) => titleOf(graph.nodes[index]!))
  const constants = new Constants(graph, model.access, external)
  const kept: Omit<Convolution, 'conv_depth' | 'conv_depth_norm'>[] = []
  const skipped: Skipped[] = []
  const rounded: string[] = []
  const whole: string[] = []
  const depthsOf4d: number[] = []
  for (const [index, node] of graph.nodes.entries()) {
    const kind = node.record.operator
    if (!/conv/i.test(kind)) continue
    const operator = STANDARD.has(node.record.domain)
      ? OPERATORS[kind]
      : node.record.domain === 'com.microsoft'
        ? CONTRIBUTED[kind]
        : undefined
    const weight = await constants.find(node.inputs[operator?.weight ?? 1] ?? -1)
    const skip = (reason: string): void => {
      const name = node.record.name || (isConstant(weight) ? weight.name : '') || node.record.outputs[0] || kind
      skipped.push({ name, kind, shape: weight.dims, reason })
    }
    if (!operator) {
      const known = NOT_MEASURED.find(([pattern]) => pattern.test(`${node.record.domain} ${kind}`))
      skip(known ? known[1] : `operator of ${node.record.domain || 'ONNX'} that is not known`)
      continue
    }
    const depth = depths[index]!
    if (depth >= 0 && weight.dims.length === 4) depthsOf4d.push(depth)
    const found = isConstant(weight) ? await planWeight(node, operator, weight, constants, model) : weight.reason
    if (typeof found === 'string') skip(found)
    else if (depth < 0) skip('no path leads to it from a model input')
    else {
      if ((weight as Constant).roundedTo) rounded.push(weight.name)
      if (operator.scale === undefined && operator.zero !== undefined) whole.push(weight.name)
      const attribute = (name: string) => constants.attribute(node, name)
      const placement = placementOf(attribute)
      const bias =
        operator.bias === undefined ? undefined : await planBias(node.inputs[operator.bias] ?? -1, found.shape[0], constants)
      kept.push({
        layer: weight.name,
        ...(node.record.name && { node: node.record.name }),
        groups: Math.max(attribute('group')?.integer ?? 1, 1),
        depth,
        ...found,
        ...(placement && { placement }),
        ...(bias && { bias }),
      })
    }
  }
  const rank = rankDepths(depthsOf4d)
  const convolutions = kept
    .map((convolution) => ({ ...convolution, ...rank(convolution.depth) }))
    .sort((a, b) => a.depth - b.depth)
  const warnings: string[] = []
  if (rounded.length > 0)
    warnings.push(
      `${rounded.length} weights (${rounded[0]} …) are rounded by a Cast when the model runs; they are measured as stored`,
    )
  if (whole.length > 0)
    warnings.push(
      `${counted(whole)} whole numbers without a scale of their own (ConvInteger): their norms and peaks are in steps of that scale`,
    )
  return { convolutions, skipped, tensors: graph.tensors, warnings }
}

/** "3 weights (conv1 …) are". */
function counted(names: readonly string[]): string {
  return names.length === 1 ? `the weight ${names[0]} is` : `${names.length} weights (${names[0]} …) are`
}

/** How a message calls a node. */
function titleOf({ record }: PlacedNode): string {
  return record.name || record.outputs[0] || record.operator
}

/** A float bias with one value per output channel; undefined when there is none that can be read as it stands. */
async function planBias(id: number, out: number, constants: Constants): Promise<WeightPlan | undefined> {
  if (id < 0) return undefined
  const bias = await constants.find(id)
  if (!isConstant(bias) || bias.quantisation || bias.dims.length !== 1 || bias.dims[0] !== out) return undefined
  const { access, offset, dtype } = bias.payload
  return isStoredType(dtype) && dtype.includes('float') ? { access, offset, dtype } : undefined
}

async function planWeight(
  node: PlacedNode,
  operator: ConvOperator,
  weight: Constant,
  constants: Constants,
  model: ModelRecord,
): Promise<{ shape: ConvShape; weights: WeightPlan } | string> {
  const rank = weight.dims.length
  if (rank === 3) return '1-D convolution'
  if (rank === 5) return '3-D convolution'
  if (rank !== 4) return `its weight has ${rank} dimensions`
  if (operator.scale === undefined && operator.zero === undefined) return planOf(weight, model.access.name)
  if (weight.quantisation || weight.payload.type.includes('float'))
    return `stored as ${weight.payload.type} where a quantised weight belongs`
  const zeroId = node.inputs[operator.zero ?? -1] ?? -1
  const q =
    operator.scale === undefined
      ? await zeroOnly(zeroId, weight, constants)
      : await constants.quantisation(node.inputs[operator.scale] ?? -1, zeroId, weight.dims, 0)
  return typeof q === 'string' ? q : planOf({ ...weight, quantisation: q }, model.access.name)
}

/** ConvInteger's weights have a zero point and no scale: whole numbers around 0. */
async function zeroOnly(zeroId: number, weight: Constant, constants: Constants): Promise<Quantisation | string> {
  const zero = zeroId < 0 ? new Float64Array(1) : await constants.numbers(zeroId)
  if (!zero || (zero.length !== 1 && zero.length !== weight.dims[0]))
    return 'quantised with a zero point that is not constant or does not fit'
  return { scale: new Float64Array(zero.length).fill(1), zero, axis: zero.length === 1 ? undefined : 0 }
}
