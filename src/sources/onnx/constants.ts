import { InputError } from '../../errors.ts'
import type { StoredType } from '../../wasm/stored.ts'
import type { ConvShape, Dequantisation, WeightPlan } from '../../weights/plan.ts'
import { storedBytes } from '../../weights/stored-bytes.ts'
import { ComputeProblem } from './evaluate/dense.ts'
import { type Expression, expression } from './evaluate/expression.ts'
import { type Computed, Expressions, leaf, OPERATORS, type ValueNode } from './evaluate/expressions.ts'
import type { Operator, OperatorCall } from './evaluate/operator.ts'
import { product, rowMajor } from './evaluate/walk.ts'
import type { ExternalFiles } from './external.ts'
import type { PlacedGraph, PlacedNode } from './graph.ts'
import { elementCount, findPayload, type Payload, readNumbers } from './payload.ts'
import { type Quantisation, quantisedAccess } from './quantised.ts'
import { type AttributeRecord, DATA_TYPES, type TensorRecord } from './records.ts'

/** A constant tensor: its values in the file, and what the graph does to them on the way to where they are used. */
export interface Constant {
  readonly name: string
  readonly payload: Payload
  readonly dims: readonly number[]
  /** In elements. */
  readonly strides: readonly number[]
  readonly quantisation: Quantisation | undefined
  /** A Cast that rounds on the way; the values here are the stored ones. */
  readonly roundedTo: string | undefined
}

/** Why a value is not a constant that can be read. `dims` where they are known. */
export interface NoConstant {
  readonly name: string
  readonly reason: string
  readonly dims: readonly number[]
  /** It is fed from outside, so that whatever is computed from it is no constant either. */
  readonly isInput?: true
  /** The operator that computes it, which is not read through: only then does `reason` say no more than that. */
  readonly computedBy?: string
}

/** A node as the evaluator sees it. */
interface ComputedNode extends ValueNode {
  readonly node: PlacedNode
}

const LONGEST_CHAIN = 256
const MOST_SCALES = 1 << 20

export function isConstant(value: Constant | NoConstant): value is Constant {
  return 'payload' in value
}

/** Finds the constants of a placed graph by following a value back to the tensor it was stored as. */
export class Constants {
  readonly #graph: PlacedGraph
  readonly #external: ExternalFiles
  readonly #model: Payload['access']
  readonly #writer: Int32Array
  readonly #expressions: Expressions<ComputedNode>

  constructor(graph: PlacedGraph, model: Payload['access'], external: ExternalFiles) {
    this.#graph = graph
    this.#model = model
    this.#external = external
    this.#writer = new Int32Array(graph.names.length).fill(-1)
    for (const [index, node] of graph.nodes.entries()) for (const id of node.outputs) if (id >= 0) this.#writer[id] = index
    this.#expressions = new Expressions(
      {
        stored: async (id) => {
          const origin = await this.#origin(id, graph.names[id]!)
          return origin && (isConstant(origin) ? origin : origin.isInput ? 'input' : { reason: origin.reason })
        },
        writer: (id) => {
          const node = graph.nodes[this.#writer[id]!]
          return node && { operator: node.record.operator, inputs: node.inputs, outputs: node.outputs, node }
        },
        operator: ({ node }) => this.#operator(node),
        attribute: ({ node }, key) => this.attribute(node, key),
      },
      model.name,
      () => external.parts.reduce((sum, { byteLength }) => sum + byteLength, model.byteLength),
    )
  }

  #operator(node: PlacedNode): Operator | undefined {
    const { operator, domain } = node.record
    if (domain !== '' && domain !== 'ai.onnx') return undefined
    if (operator === 'ConstantOfShape') return (call) => this.#ofShape(node, call)
    return Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined
  }

  async #ofShape(node: PlacedNode, call: OperatorCall): Promise<Expression> {
    const dims = await call.numbers(0)
    const record = this.attribute(node, 'value')?.tensor
    if (!record) return expression('float32', dims, [], (out) => void out.fill(0))
    const filler = await this.#stored(record, node.record.name)
    if (!isConstant(filler)) throw new ComputeProblem(filler.reason)
    const one = leaf(filler)
    if (typeof one === 'string') throw new ComputeProblem(one)
    return expression(one.type, dims, [one], (out, [x]) => void out.fill(x![0] ?? 0))
  }

  /**
   * The constant that a value is: a stored tensor, read through what only moves or widens its numbers; else computed from stored
   * ones. @throws InputError when the tensor's bytes are cut short or do not fit its shape
   */
  async find(id: number): Promise<Constant | NoConstant> {
    const found = await this.#readThrough(id)
    const isReady = isConstant(found) && (found.quantisation?.axis ?? 0) === 0
    const isStored = id < 0 || this.#graph.stored.has(id) || this.#graph.nodes[this.#writer[id]!] === undefined
    if (isReady || isStored) return found
    const computed = await this.#expressions.find(id)
    if (typeof computed !== 'string') return asStored(computed)
    // What reading through found wrong is nearer to the weight than what stopped computing it.
    if (!isConstant(found) && found.computedBy === undefined) return found
    return { name: found.name, reason: computed, dims: found.dims }
  }

  /** Back to the stored tensor through operators of which only the first input is followed. */
  async #readThrough(id: number): Promise<Constant | NoConstant> {
    // Back to where the values are stored; `steps` is what is done to them, last one first.
    const steps: PlacedNode[] = []
    for (let at = id; steps.length < LONGEST_CHAIN; ) {
      const name = at < 0 ? '' : this.#graph.names[at]!
      const origin = at < 0 ? none(name, 'no weight is given') : await this.#origin(at, name)
      if (origin) {
        let value = origin
        for (const node of steps.reverse()) {
          if (!isConstant(value)) return value
          value = await this.#apply(node, value)
        }
        return value
      }
      const node = this.#graph.nodes[this.#writer[at]!]!
      const { operator } = node.record
      if (!READ_THROUGH.has(operator))
        return { ...none(name, `its weight is computed in the graph by ${operator}`), computedBy: operator }
      steps.push(node)
      at = node.inputs[0] ?? -1
    }
    return none(this.#graph.names[id] ?? '', `behind more than ${LONGEST_CHAIN} operators`)
  }

  /** All numbers of a small constant; undefined when it is not one, or has more than `most` numbers. */
  async numbers(id: number, most: number = MOST_SCALES): Promise<Float64Array<ArrayBuffer> | undefined> {
    const found = await this.#readThrough(id)
    const count = isConstant(found) ? product(found.dims) : 0
    if (count > most) return undefined
    if (isConstant(found) && isContiguous(found) && found.quantisation?.axis === undefined) {
      const numbers = await readNumbers(found.payload, 0, count)
      const q = found.quantisation
      return q ? numbers.map((value) => (value - q.zero[0]!) * q.scale[0]!) : numbers
    }
    if (id < 0) return undefined
    const computed = await this.#expressions.find(id)
    return typeof computed === 'string' || product(computed.dims) > most ? undefined : computed.numbers()
  }

  /** The stored tensor that a value is, the reason why it is none, or undefined when the writer of the value must be asked. */
  async #origin(id: number, name: string): Promise<Constant | NoConstant | undefined> {
    const stored = this.#graph.stored.get(id)
    if (stored) return this.#stored(stored, name)
    const sparse = this.#graph.sparse.get(id)
    if (sparse) return { name, reason: 'stored as a sparse tensor', dims: sparse }
    const node = this.#graph.nodes[this.#writer[id]!]
    if (node) return node.record.operator === 'Constant' ? this.#constantNode(node, name) : undefined
    if (this.#graph.modelInputs.has(id)) return { ...none(name, 'its weight is an input of the model'), isInput: true }
    if (this.#graph.bodyInputs.has(id)) return { ...none(name, 'its weight is an input of a loop'), isInput: true }
    return none(name, `its weight ${name} is nowhere in the file`)
  }

  async #stored(tensor: TensorRecord, name: string): Promise<Constant | NoConstant> {
    const payload = await findPayload(tensor, name, this.#model, this.#external)
    if (typeof payload === 'string') return { name, reason: payload, dims: tensor.dims }
    return { name, payload, dims: tensor.dims, strides: rowMajor(tensor.dims), quantisation: undefined, roundedTo: undefined }
  }

  async #constantNode(node: PlacedNode, name: string): Promise<Constant | NoConstant> {
    const attribute = (key: string): AttributeRecord | undefined => this.attribute(node, key)
    const tensor = attribute('value')?.tensor
    if (tensor) return this.#stored(tensor, name)
    if (attribute('sparse_value')) return none(name, 'stored as a sparse tensor')
    const floats = attribute('value_floats')?.floats
    if (floats) {
      const count = floats.reduce((sum, run) => sum + run.count, 0)
      return this.#stored({ ...EMPTY_TENSOR, dims: [count], dataType: 1, floats }, name)
    }
    const integers = attribute('value_ints')?.integers ?? (attribute('value_int') && [attribute('value_int')!.integer])
    if (integers) return inMemory(name, attribute('value_ints') ? [integers.length] : [], integers, 'int64')
    const float = attribute('value_float')?.float
    if (float !== undefined) return inMemory(name, [], [float], 'float32')
    return none(name, 'its weight is a Constant of a kind that holds no numbers')
  }

  /** An attribute of a node, or of the call that it refers to. */
  attribute(node: PlacedNode, key: string): AttributeRecord | undefined {
    const own = node.record.attributes?.get(key)
    return own?.reference === undefined ? own : node.call?.get(own.reference)
  }

  async #apply(node: PlacedNode, value: Constant): Promise<Constant | NoConstant> {
    const operator = node.record.operator
    const no = (reason: string): NoConstant => ({ name: value.name, reason, dims: value.dims })
    const rank = value.dims.length
    if (operator === 'Identity') return value
    if (operator === 'Cast' || operator === 'CastLike') {
      const from = value.quantisation ? 'float32' : value.payload.type
      if (!(from in FLOAT_BITS)) return { ...no(`its weight is computed in the graph by ${operator}`), computedBy: operator }
      if (operator === 'CastLike') return value
      const to = DATA_TYPES[this.attribute(node, 'to')?.integer ?? 0] ?? 'an unknown type'
      if (!(to in FLOAT_BITS)) return no(`its weight is cast to ${to}`)
      return FLOAT_BITS[to]! < FLOAT_BITS[from]! ? { ...value, roundedTo: to } : value
    }
    if (operator === 'Transpose') {
      const perm = this.attribute(node, 'perm')?.integers ?? value.dims.map((_, k) => rank - 1 - k)
      if (perm.length !== rank || new Set(perm).size !== rank || perm.some((k) => k < 0 || k >= rank))
        return no('its weight is transposed in a way that does not fit its shape')
      const q = value.quantisation
      return {
        ...value,
        dims: perm.map((k) => value.dims[k]!),
        strides: perm.map((k) => value.strides[k]!),
        quantisation: q && { ...q, axis: q.axis === undefined ? undefined : perm.indexOf(q.axis) },
      }
    }
    if (operator === 'QuantizeLinear' || operator === 'DequantizeLinear') {
      const q = await this.quantisation(
        node.inputs[1] ?? -1,
        node.inputs[2] ?? -1,
        value.dims,
        this.attribute(node, 'axis')?.integer ?? 1,
      )
      if (typeof q === 'string' || (this.attribute(node, 'block_size')?.integer ?? 0) > 0)
        return no(typeof q === 'string' ? q : 'quantised in blocks')
      if (operator === 'DequantizeLinear') {
        if (value.quantisation || value.payload.type in FLOAT_BITS) return no('dequantised although it is not quantised')
        return { ...value, quantisation: q }
      }
      if (value.quantisation || !value.payload.dtype.includes('float') || value.payload.dtype === 'float64')
        return no(`quantised from ${value.payload.dtype}`)
      const type = await this.#zeroType(node.inputs[2] ?? -1)
      if (type !== 'int8' && type !== 'uint8') return no(`quantised to ${type}`)
      const along = q.axis === undefined ? 0 : q.axis
      const access = quantisedAccess(
        value.payload,
        product(value.dims),
        q,
        value.strides[along] ?? 1,
        value.dims[along] ?? 1,
        type,
      )
      return { ...value, payload: { access, offset: 0, dtype: type, type } }
    }
    return this.#reshape(node, value, no)
  }

  async #reshape(node: PlacedNode, value: Constant, no: (reason: string) => NoConstant): Promise<Constant | NoConstant> {
    const operator = node.record.operator
    const axes =
      operator === 'Reshape'
        ? undefined
        : (this.attribute(node, 'axes')?.integers ?? (await this.#integers(node.inputs[1] ?? -1)))
    const shape =
      operator === 'Reshape'
        ? (this.attribute(node, 'shape')?.integers ?? (await this.#integers(node.inputs[1] ?? -1)))
        : undefined
    const keepsZero = this.attribute(node, 'allowzero')?.integer === 1
    const dims = shape ? reshaped(value.dims, shape, keepsZero) : changedAxes(operator, value.dims, axes)
    if (!dims || product(dims) !== product(value.dims))
      return no(`its weight goes through a ${operator} whose shape is not constant or does not fit`)
    if (!isContiguous(value)) return no(`its weight goes through a ${operator} after a Transpose`)
    const axis = value.quantisation?.axis
    if (axis !== undefined && (axis !== 0 || dims[0] !== value.dims[0]))
      return no(`its weight goes through a ${operator} after it was dequantised per channel`)
    return { ...value, dims, strides: rowMajor(dims) }
  }

  async #integers(id: number): Promise<number[] | undefined> {
    const numbers = await this.numbers(id, 64)
    return numbers && [...numbers]
  }

  /** Scale and zero point of a (de)quantising node. @returns a reason when they are not constant or do not fit */
  async quantisation(scaleId: number, zeroId: number, dims: readonly number[], axis: number): Promise<Quantisation | string> {
    const scale = await this.numbers(scaleId)
    if (!scale || scale.length === 0) return 'quantised with a scale that is not constant'
    const zero = zeroId < 0 ? new Float64Array(scale.length) : await this.numbers(zeroId)
    if (!zero) return 'quantised with a zero point that is not constant'
    if (scale.length === 1 && zero.length === 1) return { scale, zero, axis: undefined }
    const along = axis < 0 ? axis + dims.length : axis
    const size = dims[along]
    const fits = (list: Float64Array) => list.length === 1 || list.length === size
    if (size === undefined || !fits(scale) || !fits(zero)) return 'quantised with scales whose number does not fit its shape'
    return { scale: spread(scale, size), zero: spread(zero, size), axis: along }
  }

  /** The type that QuantizeLinear makes: its zero point's, uint8 without one. */
  async #zeroType(id: number): Promise<string> {
    if (id < 0) return 'uint8'
    const zero = await this.find(id)
    return isConstant(zero) ? zero.payload.type : 'an unknown type'
  }
}

const READ_THROUGH = new Set([
  'Identity',
  'Cast',
  'CastLike',
  'Transpose',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'QuantizeLinear',
  'DequantizeLinear',
])
/** Bits of the significand, to tell which casts round. */
const FLOAT_BITS: Readonly<Record<string, number>> = { bfloat16: 8, float16: 11, float32: 24, float64: 53 }

const EMPTY_TENSOR: TensorRecord = {
  name: '',
  dims: [],
  dataType: 0,
  raw: undefined,
  floats: [],
  doubles: [],
  int32s: [],
  int64s: [],
  uint64s: [],
  external: undefined,
  isExternal: false,
}

function none(name: string, reason: string): NoConstant {
  return { name, reason, dims: [] }
}

/** A computed constant among the stored ones. */
function asStored({ name, payload, dims }: Computed): Constant {
  return { name, payload, dims, strides: rowMajor(dims), quantisation: undefined, roundedTo: undefined }
}

/** Numbers of an attribute, kept as float64 in memory. */
function inMemory(name: string, dims: readonly number[], values: readonly number[], type: 'int64' | 'float32'): Constant {
  const bytes = new Uint8Array(Float64Array.from(values).buffer)
  const access: Payload['access'] = {
    name,
    byteLength: bytes.length,
    async read(offset, length, into) {
      const part = bytes.slice(offset, offset + length)
      if (!into) return part
      into.set(part)
      return into.subarray(0, length)
    },
  }
  return {
    name,
    payload: { access, offset: 0, dtype: 'float64', type },
    dims,
    strides: rowMajor(dims),
    quantisation: undefined,
    roundedTo: undefined,
  }
}

function spread(list: Float64Array, size: number): Float64Array {
  return list.length === size ? list : new Float64Array(size).fill(list[0]!)
}

/** True when the elements are stored in just their order (axes of size 1 do not matter). */
function isContiguous({ dims, strides }: Pick<Constant, 'dims' | 'strides'>): boolean {
  const plain = rowMajor(dims)
  return dims.every((size, k) => size === 1 || strides[k] === plain[k])
}

function reshaped(dims: readonly number[], shape: readonly number[], keepsZero: boolean): number[] | undefined {
  const out = shape.map((size, k) => (size === 0 && !keepsZero ? (dims[k] ?? 0) : size))
  const open = out.indexOf(-1)
  if (open >= 0) {
    const rest = out.reduce((count, size, k) => (k === open ? count : count * size), 1)
    if (rest <= 0 || product(dims) % rest !== 0) return undefined
    out[open] = product(dims) / rest
  }
  return out.some((size) => size < 0) ? undefined : out
}

function changedAxes(operator: string, dims: readonly number[], axes: readonly number[] | undefined): number[] | undefined {
  if (operator === 'Squeeze') {
    const gone = new Set(axes?.map((k) => (k < 0 ? k + dims.length : k)))
    return dims.filter((size, k) => (axes ? !gone.has(k) : size !== 1))
  }
  if (!axes) return undefined
  const rank = dims.length + axes.length
  const added = new Set(axes.map((k) => (k < 0 ? k + rank : k)))
  if (rank > 64 || added.size !== axes.length || [...added].some((k) => !(k >= 0 && k < rank))) return undefined
  const rest = [...dims]
  return Array.from({ length: rank }, (_, k) => (added.has(k) ? 1 : rest.shift()!))
}

/** A 4-D constant as a plan for its weights, or the reason why there is none. */
export function planOf(constant: Constant, file: string): { shape: ConvShape; weights: WeightPlan } | string {
  const { dims, strides, payload, quantisation } = constant
  const count = elementCount(dims, file, constant.name)
  if (count === 0) return 'empty weight'
  const { dtype } = payload
  if (!isStoredType(dtype) || payload.type === 'bool') return `stored as ${payload.type}`
  if (!quantisation && !payload.type.includes('float')) return `stored as ${payload.type} without a scale`
  if (quantisation?.axis !== undefined && quantisation.axis !== 0) return 'quantised along another axis than the output channels'
  const end = payload.offset + count * storedBytes[dtype]
  if (end > payload.access.byteLength)
    throw new InputError(file, `initializer ${constant.name} runs past the end of the file; get it again`)
  return {
    shape: dims as unknown as ConvShape,
    weights: {
      access: payload.access,
      offset: payload.offset,
      dtype,
      ...(!isContiguous(constant) && { strides: strides as unknown as [number, number, number, number] }),
      ...(quantisation && { dequantise: dequantisation(quantisation) }),
    },
  }
}

function dequantisation({ scale, zero, axis }: Quantisation): Dequantisation {
  return axis === undefined ? { scale: scale[0]!, zero: zero[0]!, shift: 0 } : { scale, zero, shift: 0 }
}

/** Whether weights can be of this type. */
export function isStoredType(dtype: string): dtype is StoredType {
  return Object.hasOwn(storedBytes, dtype)
}
