import type { Place, Run } from '../onnx/records.ts'
import { fixedRun, readName, wireText } from '../protobuf/fields.ts'
import { readMessage } from '../protobuf/message.ts'
import { BYTES, FIXED32, FIXED64, VARINT, type WireCursor } from '../protobuf/wire.ts'
import { readShape } from './bundle.ts'

// tensorflow/core/framework/{graph,node_def,function,attr_value,tensor}.proto. Tensors' values are passed over: only their places are kept.

const MOST_INTEGERS = 4096
const MOST_STRINGS = 1_000_000
const LONGEST_NAME = 4096
const RECORD_BYTES = 200

/** A TensorProto without its values. */
export interface TfTensor {
  dtype: number
  readonly shape: number[]
  /** All elements as they lie in memory. */
  content: Place | undefined
  /** Elements in a field of their type's own; fewer than the shape holds: the last one is repeated. */
  readonly floats: Run[]
  readonly doubles: Run[]
  /** float16 and bfloat16 by their bits, as varints. */
  readonly halves: Run[]
  readonly strings: string[]
  readonly integers: number[]
}

/** What of an attribute is used. */
export interface TfAttribute {
  text?: string
  integer?: number
  type?: number
  readonly integers: number[]
  readonly strings: string[]
  tensor?: TfTensor
  /** Name of a function, or of several (the branches of a Case). */
  readonly functions: string[]
}

export interface TfNode {
  name: string
  operator: string
  /** "name", "name:1", in functions "name:output:0"; "^name" only orders. */
  readonly inputs: string[]
  readonly attributes: Map<string, TfAttribute>
}

export interface TfFunction {
  name: string
  readonly arguments: string[]
  readonly results: string[]
  /** What each result is: an argument, or a node's output. */
  readonly returns: Map<string, string>
  readonly nodes: TfNode[]
}

export interface TfGraph {
  readonly nodes: TfNode[]
  readonly functions: Map<string, TfFunction>
}

/** Attributes that are asked for; others are passed over. */
const USED = new Set([
  'value',
  'dtype',
  'T',
  'f',
  'then_branch',
  'else_branch',
  'branches',
  'cond',
  'body',
  'shared_name',
  'strides',
  'dilations',
  'padding',
  'explicit_paddings',
  'data_format',
  'fused_ops',
  // What computes weights:
  'keep_dims',
  'transpose_a',
  'transpose_b',
  'adj_x',
  'adj_y',
  'squeeze_dims',
  'num_split',
  'DstT',
])

/** Reads a GraphDef that ends at `end`. @throws InputError when it is damaged or larger than any model */
export async function readTfGraph(c: WireCursor, end: number): Promise<TfGraph> {
  const graph: TfGraph = { nodes: [], functions: new Map() }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1 && c.wire === BYTES)
      graph.nodes.push(await within(c, `node ${graph.nodes.length}`, (stop) => readNode(c, stop)))
    else if (field === 2 && c.wire === BYTES) await readLibrary(c, c.position + c.size, graph.functions)
    else c.skip()
  }
  return graph
}

async function within<T>(c: WireCursor, title: string, read: (end: number) => Promise<T>): Promise<T> {
  c.within.push(title)
  const result = await readMessage(c, read)
  c.within.pop()
  return result
}

/** A string of a tensor: names are short, and what is longer is data of another kind. */
async function shortText(c: WireCursor): Promise<string> {
  if (c.wire === BYTES && c.size <= LONGEST_NAME) return c.longText()
  c.skip()
  return ''
}

async function readLibrary(c: WireCursor, end: number, functions: Map<string, TfFunction>): Promise<void> {
  while (c.position < end) {
    if (c.lacks()) await c.load()
    if (c.field(end) === 1 && c.wire === BYTES) {
      const one = await within(c, `function ${functions.size}`, (stop) => readFunction(c, stop))
      functions.set(one.name, one)
    } else c.skip()
  }
}

async function readFunction(c: WireCursor, end: number): Promise<TfFunction> {
  c.spend(RECORD_BYTES)
  const one: TfFunction = { name: '', arguments: [], results: [], returns: new Map(), nodes: [] }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1 && c.wire === BYTES) await readMessage(c, (stop) => readSignature(c, stop, one))
    else if (field === 3 && c.wire === BYTES)
      one.nodes.push(await within(c, `node ${one.nodes.length}`, (stop) => readNode(c, stop)))
    else if (field === 4 && c.wire === BYTES) {
      const [result, value] = await readMessage(c, (stop) => readPair(c, stop))
      one.returns.set(result, value)
    } else c.skip()
  }
  return one
}

/** OpDef: the function's name, its arguments and results. */
async function readSignature(c: WireCursor, end: number, one: TfFunction): Promise<void> {
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1) one.name = await wireText(c)
    else if ((field === 2 || field === 3) && c.wire === BYTES)
      (field === 2 ? one.arguments : one.results).push(await readMessage(c, (stop) => readName(c, stop)))
    else c.skip()
  }
}

async function readPair(c: WireCursor, end: number): Promise<[string, string]> {
  const pair: [string, string] = ['', '']
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1 || field === 2) pair[field - 1] = await wireText(c)
    else c.skip()
  }
  return pair
}

async function readNode(c: WireCursor, end: number): Promise<TfNode> {
  c.spend(RECORD_BYTES)
  const node: TfNode = { name: '', operator: '', inputs: [], attributes: new Map() }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    switch (c.field(end)) {
      case 1:
        node.name = await wireText(c)
        c.within[c.within.length - 1] = `node ${node.name}`
        break
      case 2:
        node.operator = await wireText(c)
        break
      case 3:
        node.inputs.push(await wireText(c))
        break
      case 5: {
        const found = await readMessage(c, (stop) => readAttribute(c, stop))
        if (found) node.attributes.set(...found)
        break
      }
      default:
        c.skip()
    }
  }
  return node
}

/** A map entry of a node's attributes; undefined for one that nobody asks for. */
async function readAttribute(c: WireCursor, end: number): Promise<[string, TfAttribute] | undefined> {
  let name = ''
  let attribute: TfAttribute | undefined
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1) name = await wireText(c)
    else if (field === 2 && c.wire === BYTES && USED.has(name)) attribute = await readMessage(c, (stop) => readValue(c, stop))
    else c.skip()
  }
  return attribute && [name, attribute]
}

async function readValue(c: WireCursor, end: number): Promise<TfAttribute> {
  c.spend(RECORD_BYTES / 2)
  const value: TfAttribute = { integers: [], strings: [], functions: [] }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1 && c.wire === BYTES) await readMessage(c, (stop) => readList(c, stop, value))
    else if (field === 2) value.text = await wireText(c)
    else if (field === 3 && c.wire === VARINT) value.integer = c.signed()
    else if (field === 5 && c.wire === VARINT) value.integer = c.varint()
    else if (field === 6 && c.wire === VARINT) value.type = c.varint()
    else if (field === 8 && c.wire === BYTES) value.tensor = await readMessage(c, (stop) => readTensor(c, stop))
    else if (field === 10 && c.wire === BYTES) value.functions.push(await readMessage(c, (stop) => readName(c, stop)))
    else c.skip()
  }
  return value
}

async function readList(c: WireCursor, end: number, value: TfAttribute): Promise<void> {
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 2) value.strings.push(await wireText(c))
    else if (field === 3) await c.integers(value.integers, MOST_INTEGERS)
    else if (field === 9 && c.wire === BYTES) value.functions.push(await readMessage(c, (stop) => readName(c, stop)))
    else c.skip()
  }
}

async function readTensor(c: WireCursor, end: number): Promise<TfTensor> {
  c.spend(RECORD_BYTES)
  const tensor: TfTensor = {
    dtype: 0,
    shape: [],
    content: undefined,
    floats: [],
    doubles: [],
    halves: [],
    strings: [],
    integers: [],
  }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1 && c.wire === VARINT) tensor.dtype = c.varint()
    else if (field === 2 && c.wire === BYTES) await readMessage(c, (stop) => readShape(c, stop, tensor.shape))
    else if (field === 4 && c.wire === BYTES) tensor.content = c.payload()
    else if (field === 5) fixedRun(c, tensor.floats, FIXED32)
    else if (field === 6) fixedRun(c, tensor.doubles, FIXED64)
    else if (field === 7 || field === 10 || field === 11) await numbers(c, tensor)
    else if (field === 8) {
      tensor.strings.push(await shortText(c))
      if (tensor.strings.length > MOST_STRINGS) throw c.damaged(c.position, `a tensor of more than ${MOST_STRINGS} strings`)
    } else if (field === 13) varintRun(c, tensor.halves)
    else c.skip()
  }
  return tensor
}

/** Small lists of whole numbers (axes, shapes) are kept; what a long one says nobody asks. */
async function numbers(c: WireCursor, tensor: TfTensor): Promise<void> {
  if ((c.wire === BYTES && c.size > MOST_INTEGERS) || tensor.integers.length > MOST_INTEGERS) c.skip()
  else await c.integers(tensor.integers, MOST_INTEGERS * 10)
}

function varintRun(c: WireCursor, runs: Run[]): void {
  c.spend(RECORD_BYTES / 4)
  if (c.wire === BYTES) {
    const { start, length } = c.payload()
    runs.push({ start, length, count: 0, size: 0, stride: 0 })
  } else {
    const start = c.position
    c.skip()
    runs.push({ start, length: c.position - start, count: 0, size: 0, stride: 0 })
  }
}
