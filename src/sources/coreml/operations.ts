import type { RandomAccess } from '../../io/random-access.ts'
import type { ConvShape, WeightPlan } from '../../weights/plan.ts'
import { longestPaths } from '../longest-path.ts'
import { NamedFlow } from '../named-flow.ts'
import type { Placement } from '../source.ts'
import type { MilConstants } from './blobs.ts'
import type { FoundConvolution } from './census.ts'
import { milCount } from './compressed.ts'
import { Constexprs } from './constexpr.ts'
import { floatAccess } from './elements.ts'
import type { BlockRecord, ConstantRecord, OperationRecord } from './records.ts'

/** The convolutions of one function of an ML Program with their depths, the bodies of its operations among them. */
export async function programLayers(
  access: RandomAccess,
  block: BlockRecord,
  constants: MilConstants,
): Promise<FoundConvolution[]> {
  const all: OperationRecord[] = []
  const makers = new Map<string, OperationRecord>()
  const flow = new NamedFlow()
  const add = ({ inputs, operations }: BlockRecord, holder: number): void => {
    for (const name of inputs) flow.feed(name)
    for (const operation of operations) {
      all.push(operation)
      for (const name of operation.outputs) makers.set(name, operation)
      const node = flow.add([...operation.inputs.values()].flat(), operation.outputs, holder)
      for (const body of operation.bodies) add(body, node)
    }
  }
  add(block, -1)
  const depths = longestPaths(flow.graph(), access.name, (node) => all[node]!.outputs[0] ?? all[node]!.type)
  const found: FoundConvolution[] = []
  for (const [node, operation] of all.entries()) {
    const { type } = operation
    if (!type.startsWith('conv')) continue
    const name = operation.outputs[0] ?? type
    const base = { name, kind: type, depth: depths[node]! }
    if (type === 'conv_transpose') found.push({ ...base, shape: [], reason: 'transposed convolution' })
    else if (type !== 'conv') found.push({ ...base, shape: [], reason: 'a convolution of a kind that is not read' })
    else found.push({ ...base, ...(await convolution(operation, makers, constants)) })
  }
  return found
}

async function convolution(
  operation: OperationRecord,
  makers: ReadonlyMap<string, OperationRecord>,
  constants: MilConstants,
): Promise<Pick<FoundConvolution, 'shape' | 'reason' | 'convolution'>> {
  const weight = await weightOf(operation, makers, constants)
  if (typeof weight === 'string') return { shape: [], reason: weight }
  const { name, shape } = weight
  if (shape.length !== 4) return { shape, reason: `a ${shape.length - 2}-D convolution` }
  if (shape.includes(0)) return { shape, reason: 'empty' }
  const weights = await weight.plan()
  if (typeof weights === 'string') return { shape, reason: weights }
  const bias = constantOf(operation, 'bias', makers)
  const biases =
    typeof bias === 'string' || bias.constant.shape.join() !== String(shape[0])
      ? ''
      : await constants.plan(bias.name, bias.constant)
  const placement = placementOf(operation, makers)
  return {
    shape,
    convolution: {
      shape: shape as unknown as ConvShape,
      groups: integers(operation, 'groups', makers)[0] ?? 1,
      weights,
      constant: name,
      ...(placement && { placement }),
      ...(typeof biases !== 'string' && { bias: biases }),
    },
  }
}

/** The weights of a convolution: a constant, or what compressed ones stand for; or why there are none. */
async function weightOf(
  operation: OperationRecord,
  makers: ReadonlyMap<string, OperationRecord>,
  constants: MilConstants,
): Promise<{ name: string; shape: readonly number[]; plan(): Promise<WeightPlan | string> } | string> {
  const [name = ''] = operation.inputs.get('weight') ?? []
  const maker = operation.constants.has('weight') ? undefined : makers.get(name)
  if (!maker?.type.startsWith('constexpr_')) {
    const found = constantOf(operation, 'weight', makers)
    if (typeof found === 'string') return found
    const { constant } = found
    return { name: found.name, shape: constant.shape, plan: () => constants.plan(found.name, constant) }
  }
  const tensor = await new Constexprs(makers, constants).tensor(maker, name)
  if (typeof tensor === 'string') return tensor
  const { shape, type, elements } = tensor
  return {
    name,
    shape,
    async plan() {
      if (type === 'whole' || tensor.mask) return `its weights are compressed (${maker.type} of whole numbers)`
      return { access: floatAccess(constants.nameOf(name), milCount(shape), elements), offset: 0, dtype: 'float32' }
    },
  }
}

/** The constant that is bound to a parameter, or why there is none. */
function constantOf(
  operation: OperationRecord,
  parameter: string,
  makers: ReadonlyMap<string, OperationRecord>,
): { name: string; constant: ConstantRecord } | string {
  const own = operation.constants.get(parameter)
  if (own) return { name: `${operation.outputs[0] ?? operation.type}/${parameter}`, constant: own }
  const [name] = operation.inputs.get(parameter) ?? []
  if (name === undefined) return 'without weights'
  const maker = makers.get(name)
  if (!maker) return 'its weights are an input of the program'
  const constant = maker.type === 'const' ? maker.constants.get('val') : undefined
  if (constant) return { name, constant }
  return `its weights are computed in the program (${maker.type})`
}

function integers(
  operation: OperationRecord,
  parameter: string,
  makers: ReadonlyMap<string, OperationRecord>,
): readonly number[] {
  const found = constantOf(operation, parameter, makers)
  return typeof found === 'string' ? [] : found.constant.integers
}

function placementOf(operation: OperationRecord, makers: ReadonlyMap<string, OperationRecord>): Placement | undefined {
  const pair = (parameter: string): readonly [number, number] | undefined => {
    const list = integers(operation, parameter, makers)
    if (list.length === 0) return [1, 1]
    return list.length === 2 && list.every((step) => step >= 1) ? [list[0]!, list[1]!] : undefined
  }
  const [strides, dilations] = [pair('strides'), pair('dilations')]
  if (!strides || !dilations) return undefined
  const kind = constantOf(operation, 'pad_type', makers)
  const word = typeof kind === 'string' ? 'valid' : kind.constant.texts[0]
  const [top = 0, bottom = 0, left = 0, right = 0] = word === 'custom' ? integers(operation, 'pad', makers) : []
  const pads = word === 'same' ? 'same_upper' : word === 'same_lower' ? word : ([top, left, bottom, right] as const)
  return { strides, dilations, pads }
}
