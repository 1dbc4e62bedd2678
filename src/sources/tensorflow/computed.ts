import { memoryAccess, type RandomAccess } from '../../io/random-access.ts'
import type { NumberType } from '../../weights/numbers.ts'
import { isElementType } from '../onnx/evaluate/dense.ts'
import { type Computed, Expressions, type StoredTensor, type ValueNode } from '../onnx/evaluate/expressions.ts'
import { constantPlan } from './constants.ts'
import type { TfAttribute, TfNode, TfTensor } from './graph-def.ts'
import { TF_OPERATORS } from './operators.ts'
import type { Output, PlacedTfGraph } from './place.ts'
import { tensorType } from './types.ts'
import { VARIABLE } from './weights.ts'

/** A node of the graph as the evaluator sees it. */
interface ComputedNode extends ValueNode {
  readonly record: TfNode
}

/** Outputs of one node that are told apart: of a Split, of an IdentityN. */
const MOST_OUTPUTS = 256
/** Whole numbers that are stored without a type of weights: axes, shapes. */
const WHOLE: Readonly<Record<string, NumberType>> = {
  int32: 'int32',
  int64: 'int64',
  int8: 'int8',
  uint8: 'uint8',
  bool: 'uint8',
}

/** A weight that the graph computes from what is stored. */
export interface ComputedWeight {
  readonly computed: Computed
  /** The variables that it is computed from. */
  readonly keys: ReadonlySet<string>
}

/** Weights that a graph computes from its constants and variables: weight-normalised, pruned, standardised, turned. */
export class ComputedWeights {
  readonly #expressions: Expressions<ComputedNode>
  #keys = new Set<string>()

  /** `variable`: the stored tensor of the variable that a node makes, and its key. */
  constructor(
    { nodes }: PlacedTfGraph,
    access: RandomAccess,
    variable: (node: number) => Promise<{ key: string; tensor: StoredTensor | { readonly reason: string } }>,
  ) {
    this.#expressions = new Expressions<ComputedNode>(
      {
        stored: async (id) => {
          const node = Math.floor(id / MOST_OUTPUTS)
          const { record } = nodes[node]!
          if (record.operator === 'Const') return constantOf(access, record)
          if (VARIABLE.test(record.operator)) {
            const { key, tensor } = await variable(node)
            this.#keys.add(key)
            return tensor
          }
          return Object.hasOwn(TF_OPERATORS, record.operator) ? undefined : unknown(record)
        },
        writer: (id) => {
          const node = Math.floor(id / MOST_OUTPUTS)
          const { record, inputs } = nodes[node]!
          const outputs = Array.from({ length: (id % MOST_OUTPUTS) + 1 }, (_, k) => node * MOST_OUTPUTS + k)
          return { operator: record.operator, record, inputs: inputs.map(idOf), outputs }
        },
        operator: ({ operator }) => (Object.hasOwn(TF_OPERATORS, operator) ? TF_OPERATORS[operator] : undefined),
        attribute: ({ record }, key) => attributeOf(record.attributes.get(key)),
      },
      access.name,
      () => access.byteLength,
    )
  }

  /** @returns the reason, as a phrase, when it cannot be computed */
  async find(output: Output): Promise<ComputedWeight | string> {
    this.#keys = new Set()
    const computed = await this.#expressions.find(idOf(output))
    return typeof computed === 'string' ? computed : { computed, keys: this.#keys }
  }
}

function idOf(output: Output | undefined): number {
  return output === undefined || output.index >= MOST_OUTPUTS ? -1 : output.node * MOST_OUTPUTS + output.index
}

function unknown({ operator }: TfNode): 'input' | { readonly reason: string } {
  if (/^(Placeholder|_Arg$|Iterator)/.test(operator)) return 'input'
  return { reason: `its weight is computed in the graph by ${operator}` }
}

function attributeOf(attribute: TfAttribute | undefined): { integer?: number; integers: readonly number[] } | undefined {
  if (!attribute) return undefined
  const integer = attribute.integer ?? attribute.type
  return { integers: attribute.integers, ...(integer !== undefined && { integer }) }
}

async function constantOf(
  access: RandomAccess,
  { name, attributes }: TfNode,
): Promise<StoredTensor | { readonly reason: string }> {
  const tensor = attributes.get('value')?.tensor
  if (!tensor) return { reason: 'computed from a constant without a value' }
  const type = tensorType(tensor.dtype)
  const whole = Object.hasOwn(WHOLE, type.name) ? WHOLE[type.name] : undefined
  if (whole) return wholeNumbers(access, name, tensor, whole, type.name)
  const plan = await constantPlan(access, name, tensor)
  if ('unsupported' in plan) return { reason: `computed from ${plan.unsupported}` }
  return { name, dims: tensor.shape, payload: { ...plan, type: plan.dtype } }
}

/** Axes and shapes, which are listed or lie as they are in memory. */
function wholeNumbers(
  access: RandomAccess,
  name: string,
  { shape, content, integers }: TfTensor,
  dtype: NumberType,
  type: string,
): StoredTensor | { readonly reason: string } {
  const count = shape.reduce((product, size) => product * size, 1)
  const isShape = shape.every((size) => size >= 0) && Number.isSafeInteger(count)
  if (!isElementType(type) || !isShape) return { reason: `computed from ${type} of ${shape.join('×')}` }
  if (content) return { name, dims: shape, payload: { access, offset: content.start, dtype, type } }
  if (integers.length === 0 || count > MOST_LISTED) return { reason: `computed from ${type} without its values` }
  const values = Float64Array.from({ length: count }, (_, k) => integers[Math.min(k, integers.length - 1)]!)
  const payload = { access: memoryAccess(name, new Uint8Array(values.buffer)), offset: 0, dtype: 'float64', type } as const
  return { name, dims: shape, payload }
}

const MOST_LISTED = 1 << 16
