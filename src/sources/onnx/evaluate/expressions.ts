import { InputError } from '../../../errors.ts'
import { type RandomAccess, requireRange } from '../../../io/random-access.ts'
import type { WeightPlan } from '../../../weights/plan.ts'
import { standsForTooMany } from '../../repeated.ts'
import { type Payload, readNumbers } from '../payload.ts'
import { bytesPer, ComputeProblem, heldAs, isElementType, type Numbers, newNumbers } from './dense.ts'
import { elementwise } from './elementwise.ts'
import { compute, computingPlan, type Expression, type Plan } from './expression.ts'
import { standardisers } from './normalise.ts'
import type { Operator, OperatorCall } from './operator.ts'
import { products } from './products.ts'
import { quantisers } from './quantise.ts'
import { reductions } from './reductions.ts'
import { shapes } from './shapes.ts'
import { product } from './walk.ts'

/** ONNX's operators. ConstantOfShape, which needs a tensor among its attributes, is its graph's own (constants.ts). */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  ...elementwise,
  ...reductions,
  ...products,
  ...standardisers,
  ...quantisers,
  ...shapes,
}

/** A stored tensor: where its numbers lie. */
export interface StoredTensor {
  readonly name: string
  readonly payload: Payload
  readonly dims: readonly number[]
}

/** A node of any format's graph that computes values. */
export interface ValueNode {
  /** What the format calls its operator. */
  readonly operator: string
  /** Value ids; -1 for an input that is left out. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
}

/** An attribute of a node, as far as operators ask. */
export interface ValueAttribute {
  readonly integer?: number
  readonly float?: number | undefined
  readonly text?: string | undefined
  readonly integers?: readonly number[]
}

/** An operator of ONNX's in the place of another format's, with these inputs and attributes and none of the node's own. */
export function onnxOperator(
  call: OperatorCall,
  operator: string,
  inputs: readonly (Expression | undefined)[],
  lists: Readonly<Record<string, readonly number[]>> = {},
  integers: Readonly<Record<string, number>> = {},
): Expression | Promise<Expression> {
  return OPERATORS[operator]!({
    ...call,
    operator,
    inputs,
    integer: (key, otherwise) => integers[key] ?? otherwise,
    integers: (key) => lists[key],
    float: (_, otherwise) => otherwise,
    text: (_, otherwise) => otherwise,
  })
}

/** What the graph says about a value. */
export interface Values<Node extends ValueNode> {
  /** The stored tensor that a value is, an input from outside, why it cannot be read, or undefined when a node computes it. */
  stored(id: number): Promise<StoredTensor | 'input' | { readonly reason: string } | undefined>
  writer(id: number): Node | undefined
  /** How the node computes; undefined where that is not imitated. */
  operator(node: Node): Operator | undefined
  attribute(node: Node, key: string): ValueAttribute | undefined
}

/** Among the reasons: what is fed from outside. */
const INPUT = 'an input'

/** A computed constant: as if it were stored, float32 or the whole numbers that a quantised layer takes. */
export interface Computed extends StoredTensor {
  /** The numbers, synchronously, for what is small; undefined when they cannot be computed after all. */
  numbers(): Promise<Float64Array<ArrayBuffer> | undefined>
}

type ComputedStored = Pick<WeightPlan, 'access' | 'offset' | 'dtype'> | { readonly unsupported: string }

/** Numbers that say how to compute (a shape, indices) are no more than these. */
const MOST_INDICES = 1 << 16
/** Elementary steps that are spent while a model is opened, in all. */
const OPENING_STEPS = 1 << 24
/** Steps for each element of a weight: a low-rank product, a standardisation. */
const STEPS_PER_ELEMENT = 4096
/** Operators that all weights of a model are computed by, those that several share counted for each. */
const MOST_OPERATORS = 1 << 21
const KEPT_BYTES = 1 << 26
/** Elements of all computed weights of a model that a small file may have; a larger one may have four more for each byte. */
const LARGEST_SMALL = 1 << 26

/**
 * Computes values of a graph that depend on constants alone, as exporters leave pruned, weight-normalised or standardised weights.
 * Types and shapes are worked out when a value is asked for, its numbers when they are read: one weight at a time, and the last
 * few are kept.
 */
export class Expressions<Node extends ValueNode> {
  readonly #values: Values<Node>
  readonly #file: string
  readonly #known = new Map<number, Expression | string>()
  readonly #kept = new Map<Expression, Uint8Array>()
  #keptBytes = 0
  #opening = OPENING_STEPS
  #operators = MOST_OPERATORS
  #elements = 0
  readonly #bytes: () => number

  /** `bytes`: of the model's files that are open, by which the number of computed weights is bounded. */
  constructor(values: Values<Node>, file: string, bytes: () => number) {
    this.#values = values
    this.#file = file
    this.#bytes = bytes
  }

  /** @returns the reason, as a phrase, when the value cannot be computed */
  async find(id: number): Promise<Computed | string> {
    const root = await this.#build(id)
    if (typeof root === 'string') return root
    try {
      const plan = computingPlan(root)
      const count = product(root.dims)
      this.#operators -= plan.order.length
      this.#elements += count
      if (this.#operators < 0 || this.#elements > LARGEST_SMALL + 4 * this.#bytes())
        return 'computed in the graph, of which more is computed than its file could hold'
      const stored = root.origin?.count ?? 0
      if (standsForTooMany(stored, root.dims))
        return `computed from ${stored} numbers that stand for ${root.dims.join('×')}, more than is measured`
      if (plan.cost > OPENING_STEPS + STEPS_PER_ELEMENT * count)
        return `computed in the graph in ${plan.cost} steps, more than are taken`
      return this.#computed(root, plan)
    } catch (error) {
      if (error instanceof ComputeProblem) return error.message
      throw error
    }
  }

  #computed(root: Expression, plan: Plan): Computed {
    const count = product(root.dims)
    const name = root.origin?.name ?? 'a computed constant'
    return {
      name,
      dims: root.dims,
      payload: { access: this.#access(root, plan, name, count), offset: 0, dtype: heldAs(root.type), type: root.type },
      numbers: async () => {
        try {
          this.#spend(plan.cost)
          return Float64Array.from(await compute(plan))
        } catch (error) {
          if (error instanceof ComputeProblem) return undefined
          throw error
        }
      },
    }
  }

  #access(root: Expression, plan: Plan, name: string, count: number): RandomAccess {
    const byteLength = count * bytesPer(root.type)
    return {
      name: this.#file,
      byteLength,
      read: async (offset, length, into) => {
        requireRange(this.#file, byteLength, offset, length)
        const bytes = (await this.#bytesOf(root, plan, name)).subarray(offset, offset + length)
        if (!into) return bytes.slice()
        into.set(bytes)
        return into.subarray(0, length)
      },
    }
  }

  async #bytesOf(root: Expression, plan: Plan, name: string): Promise<Uint8Array> {
    const kept = this.#kept.get(root)
    if (kept) return kept
    let numbers: Numbers
    try {
      numbers = await compute(plan)
    } catch (error) {
      if (!(error instanceof ComputeProblem)) throw error
      throw new InputError(this.#file, `the weight ${name} is ${error.message}; it cannot be measured`, { cause: error })
    }
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
    this.#kept.set(root, bytes)
    this.#keptBytes += bytes.length
    for (const [old, { length }] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES || old === root) break
      this.#kept.delete(old)
      this.#keptBytes -= length
    }
    return bytes
  }

  #spend(cost: number): void {
    this.#opening -= cost
    if (this.#opening < 0)
      throw new ComputeProblem('computed in the graph from more numbers than are computed while a model is opened')
  }

  /** The expression of a value, those that it needs first; without recursion, for graphs are deep. */
  async #build(id: number): Promise<Expression | string> {
    const pending = [id]
    while (pending.length > 0) {
      const next = pending[pending.length - 1]!
      const missing = this.#known.has(next) ? [] : await this.#settle(next)
      if (missing.length === 0) pending.pop()
      else for (const each of missing) pending.push(each)
    }
    return this.#known.get(id)!
  }

  /** Settles a value, or says which others must be settled first. */
  async #settle(id: number): Promise<number[]> {
    const stored = await this.#values.stored(id)
    if (stored !== undefined) {
      this.#known.set(id, stored === 'input' ? INPUT : 'reason' in stored ? stored.reason : leaf(stored))
      return []
    }
    const node = this.#values.writer(id)!
    const operator = this.#values.operator(node)
    if (!operator) {
      this.#known.set(id, `its weight is computed in the graph by ${node.operator}`)
      return []
    }
    const missing = node.inputs.filter((input) => input >= 0 && !this.#known.has(input))
    if (missing.length > 0) return missing
    this.#known.set(id, await this.#apply(node, operator, node.outputs.indexOf(id)))
    return []
  }

  async #apply(node: Node, operator: Operator, output: number): Promise<Expression | string> {
    const inputs: (Expression | undefined)[] = []
    for (const input of node.inputs) {
      const value = input < 0 ? undefined : this.#known.get(input)!
      if (value === INPUT) return `its weight is computed in the graph by ${node.operator} from an input`
      if (typeof value === 'string') return value
      inputs.push(value)
    }
    try {
      return await operator(this.#call(node, inputs, output))
    } catch (error) {
      if (error instanceof ComputeProblem) return error.message
      throw error
    }
  }

  #call(node: Node, inputs: readonly (Expression | undefined)[], output: number): OperatorCall {
    const attribute = (key: string): ValueAttribute | undefined => this.#values.attribute(node, key)
    return {
      operator: node.operator,
      inputs,
      outputs: node.outputs.length,
      output,
      integer: (key, otherwise) => attribute(key)?.integer ?? otherwise,
      integers: (key) => attribute(key)?.integers,
      float: (key, otherwise) => attribute(key)?.float ?? otherwise,
      text: (key, otherwise) => attribute(key)?.text ?? otherwise,
      numbers: (input) => this.#few(inputs[input], node.operator),
    }
  }

  async #few(value: Expression | undefined, operator: string): Promise<readonly number[]> {
    if (!value) throw new ComputeProblem(`computed in the graph by ${operator} without one of its inputs`)
    if (product(value.dims) > MOST_INDICES)
      throw new ComputeProblem(`computed in the graph by ${operator} with more than ${MOST_INDICES} indices`)
    if (value.known) return [...value.known]
    const plan = computingPlan(value)
    this.#operators -= plan.order.length
    if (this.#operators < 0) throw new ComputeProblem('computed in the graph, of which more is computed than its file could hold')
    this.#spend(plan.cost)
    return [...(await compute(plan))]
  }
}

/** Where the numbers of a computed weight are read, or its type where that is none of weights. */
export function computedStored({ payload: { access, offset, dtype, type } }: Computed): ComputedStored {
  return dtype === 'float32' || dtype === 'float64' ? { access, offset, dtype } : { unsupported: type }
}

/** A stored tensor as an expression; the reason when its type is none that is computed with. */
export function leaf({ name, payload, dims }: StoredTensor): Expression | string {
  const { type, dtype } = payload
  if (!isElementType(type)) return `computed from numbers stored as ${type}`
  const count = product(dims)
  const compute = async (): Promise<Numbers> => {
    if (dtype === 'float32') {
      const bytes = new Uint8Array(4 * count)
      await payload.access.read(payload.offset, bytes.length, bytes)
      return new Float32Array(bytes.buffer)
    }
    const out = newNumbers(type, count)
    out.set(await readNumbers(payload, 0, count))
    return out
  }
  return { type, dims, inputs: [], cost: count, origin: { name, count }, compute }
}
