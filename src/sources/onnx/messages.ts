import type { RandomAccess } from '../../io/random-access.ts'
import { BYTES, FIXED32, FIXED64, VARINT, WireCursor } from '../protobuf/wire.ts'
import {
  type AttributeRecord,
  type FunctionRecord,
  functionKey,
  type GraphRecord,
  type ModelRecord,
  type NodeRecord,
  type Run,
  type TensorRecord,
} from './records.ts'

const DEEPEST_GRAPH = 32
const MOST_DIMENSIONS = 64
const MOST_INTEGERS = 1 << 16
const RECORD_BYTES = 200

/** Attributes of standard operators that something here asks for; those that hold graphs are always kept. */
const USED = new Set([
  'group',
  'strides',
  'dilations',
  'pads',
  'auto_pad',
  'perm',
  'axis',
  'axes',
  'to',
  'shape',
  'allowzero',
  'block_size',
  'value',
  'value_float',
  'value_floats',
  'value_int',
  'value_ints',
  'sparse_value',
  // of the operators that constants are computed by
  'keepdims',
  'noop_with_empty_axes',
  'epsilon',
  'training_mode',
  'alpha',
  'beta',
  'transA',
  'transB',
  'equation',
  'starts',
  'ends',
  'start',
  'end',
  'min',
  'max',
  'split',
  'upper',
  'mode',
  'p',
  'repeats',
  'dtype',
])
/** Attributes of which the text is kept. */
const TEXTS = new Set(['auto_pad', 'equation', 'mode'])

/** Reads everything of a ModelProto but the values of its tensors. @throws InputError */
export async function readModel(access: RandomAccess): Promise<ModelRecord> {
  const c = new WireCursor(access)
  const model: ModelRecord = {
    access,
    producer: '',
    producerVersion: '',
    opset: undefined,
    graph: undefined,
    functions: new Map(),
  }
  while (c.position < access.byteLength) {
    if (c.lacks()) await c.load()
    switch (c.field(Infinity)) {
      case 2:
        model.producer = await textField(c)
        break
      case 3:
        model.producerVersion = await textField(c)
        break
      case 7:
        model.graph = await within(c, 'the graph', (end) => readGraph(c, end, 0, model.graph))
        break
      case 8:
        await message(c, (end) => readOpset(c, end, model))
        break
      case 25: {
        const found = await within(c, 'a function', (end) => readFunction(c, end))
        model.functions.set(functionKey(found.domain, found.name), found)
        break
      }
      default:
        c.skip()
    }
  }
  return model
}

async function readOpset(c: WireCursor, end: number, model: ModelRecord): Promise<void> {
  let domain = ''
  let version: number | undefined
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1) domain = await textField(c)
    else if (field === 2 && c.wire === VARINT) version = c.signed()
    else c.skip()
  }
  if (domain === '' || domain === 'ai.onnx') model.opset = version
}

async function readGraph(c: WireCursor, end: number, depth: number, into?: GraphRecord): Promise<GraphRecord> {
  if (depth > DEEPEST_GRAPH) throw c.damaged(c.position, `graphs inside graphs, more than ${DEEPEST_GRAPH} deep`)
  c.spend(RECORD_BYTES)
  const graph: GraphRecord = into ?? { nodes: [], initializers: new Map(), sparse: new Map(), inputs: [] }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    switch (c.field(end)) {
      case 1:
        graph.nodes.push(await within(c, `node ${graph.nodes.length}`, (stop) => readNode(c, stop, depth)))
        break
      case 5: {
        const tensor = await within(c, `initializer ${graph.initializers.size}`, (stop) => readTensor(c, stop))
        graph.initializers.set(tensor.name, tensor)
        break
      }
      case 11:
        graph.inputs.push(await message(c, (stop) => readName(c, stop)))
        break
      case 15: {
        const { name, dims } = await within(c, 'a sparse initializer', (stop) => readSparse(c, stop))
        graph.sparse.set(name, dims)
        break
      }
      default:
        c.skip()
    }
  }
  return graph
}

async function readNode(c: WireCursor, end: number, depth: number): Promise<NodeRecord> {
  c.spend(RECORD_BYTES)
  const node: NodeRecord = { name: '', operator: '', domain: '', inputs: [], outputs: [], attributes: undefined }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    switch (c.field(end)) {
      case 1:
        node.inputs.push(await textField(c))
        break
      case 2:
        node.outputs.push(await textField(c))
        break
      case 3:
        node.name = await textField(c)
        if (node.name !== '') c.within[c.within.length - 1] = `node ${node.name}`
        break
      case 4:
        node.operator = await textField(c)
        break
      case 5: {
        const [name, attribute] = await message(c, (stop) => readAttribute(c, stop, depth))
        node.attributes ??= new Map()
        node.attributes.set(name, attribute)
        break
      }
      case 7:
        node.domain = await textField(c)
        break
      default:
        c.skip()
    }
  }
  keepUsed(node, c)
  return node
}

/** Drops what nobody asks for. A node of a domain of its own may call a function, which may ask for anything. */
function keepUsed(node: NodeRecord, c: WireCursor): void {
  const isStandard = node.domain === '' || node.domain === 'ai.onnx'
  for (const [name, attribute] of node.attributes ?? []) {
    if (isStandard && !USED.has(name) && attribute.graphs.length === 0) node.attributes!.delete(name)
    else c.spend(RECORD_BYTES + 8 * attribute.integers.length)
  }
  if (node.attributes?.size === 0) node.attributes = undefined
}

async function readAttribute(c: WireCursor, end: number, depth: number): Promise<[string, AttributeRecord]> {
  c.spend(RECORD_BYTES / 2)
  let name = ''
  const attribute: AttributeRecord = {
    integer: 0,
    float: undefined,
    text: undefined,
    integers: [],
    floats: [],
    tensor: undefined,
    isSparse: false,
    graphs: [],
    reference: undefined,
  }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1) name = await textField(c)
    else if (field === 2 && c.wire === FIXED32) attribute.float = c.float32()
    else if (field === 3 && c.wire === VARINT) attribute.integer = c.signed()
    else if (field === 4 && TEXTS.has(name)) attribute.text = await textField(c)
    else if (field === 5 && c.wire === BYTES) attribute.tensor = await message(c, (stop) => readTensor(c, stop))
    else if ((field === 6 || field === 11) && c.wire === BYTES)
      attribute.graphs.push(await within(c, `its graph ${name}`, (stop) => readGraph(c, stop, depth + 1)))
    else if (field === 7) numberRun(c, attribute.floats, FIXED32)
    else if (field === 8) await c.integers(attribute.integers, MOST_INTEGERS)
    else if (field === 22) {
      attribute.isSparse = true
      c.skip()
    } else if (field === 21) attribute.reference = await textField(c)
    else c.skip()
  }
  return [name, attribute]
}

async function readTensor(c: WireCursor, end: number): Promise<TensorRecord> {
  c.spend(2 * RECORD_BYTES)
  const tensor: TensorRecord = {
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
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1) await c.integers(tensor.dims, MOST_DIMENSIONS)
    else if (field === 2 && c.wire === VARINT) tensor.dataType = c.varint()
    else if (field === 4) numberRun(c, tensor.floats, FIXED32)
    else if (field === 5) numberRun(c, tensor.int32s, VARINT)
    else if (field === 7) numberRun(c, tensor.int64s, VARINT)
    else if (field === 10) numberRun(c, tensor.doubles, FIXED64)
    else if (field === 11) numberRun(c, tensor.uint64s, VARINT)
    else if (field === 8) {
      tensor.name = await textField(c)
      const last = c.within.length - 1
      if (c.within[last]?.startsWith('initializer')) c.within[last] = `initializer ${tensor.name}`
    } else if (field === 9 && c.wire === BYTES) tensor.raw = c.payload()
    else if (field === 13 && c.wire === BYTES) {
      tensor.external ??= new Map()
      const [key, value] = await message(c, (stop) => readPair(c, stop))
      tensor.external.set(key, value)
    } else if (field === 14 && c.wire === VARINT) tensor.isExternal = c.varint() === 1
    else c.skip()
  }
  return tensor
}

/** Notes where the values of a repeated field lie; neighbouring ones grow one run. */
function numberRun(c: WireCursor, runs: Run[], element: number): void {
  const last = runs[runs.length - 1]
  const size = element === FIXED32 ? 4 : element === FIXED64 ? 8 : 0
  if (c.wire === BYTES) {
    const { start, length } = c.payload()
    if (size > 0 && length % size !== 0) throw c.damaged(start, `numbers of ${size} bytes fill ${length} bytes`)
    if (length === 0) return
    c.spend(RECORD_BYTES)
    runs.push({ start, length, count: size > 0 ? length / size : 0, size, stride: size })
    return
  }
  if (c.wire !== element) throw c.damaged(c.position, 'numbers are stored as something else')
  const start = c.position
  c.skip()
  // The tag of these fields is one byte, so single values lie size + 1 bytes apart.
  if (last && size > 0 && last.stride === size + 1 && last.start + last.count * last.stride === start) {
    last.count++
    last.length = last.count * last.stride
    return
  }
  c.spend(RECORD_BYTES)
  runs.push({ start, length: c.position - start, count: 1, size, stride: size > 0 ? size + 1 : 0 })
}

async function readSparse(c: WireCursor, end: number): Promise<{ name: string; dims: number[] }> {
  const found = { name: '', dims: [] as number[] }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1 && c.wire === BYTES) found.name = (await message(c, (stop) => readTensor(c, stop))).name
    else if (field === 3) await c.integers(found.dims, MOST_DIMENSIONS)
    else c.skip()
  }
  return found
}

async function readFunction(c: WireCursor, end: number): Promise<FunctionRecord> {
  c.spend(RECORD_BYTES)
  const found: FunctionRecord = { name: '', domain: '', inputs: [], outputs: [], nodes: [] }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    switch (c.field(end)) {
      case 1:
        found.name = await textField(c)
        break
      case 4:
        found.inputs.push(await textField(c))
        break
      case 5:
        found.outputs.push(await textField(c))
        break
      case 7:
        found.nodes.push(await within(c, `node ${found.nodes.length}`, (stop) => readNode(c, stop, 0)))
        break
      case 10:
        found.domain = await textField(c)
        break
      default:
        c.skip()
    }
  }
  return found
}

/** Field 1 of a ValueInfoProto. */
async function readName(c: WireCursor, end: number): Promise<string> {
  let name = ''
  while (c.position < end) {
    if (c.lacks()) await c.load()
    if (c.field(end) === 1) name = await textField(c)
    else c.skip()
  }
  return name
}

async function readPair(c: WireCursor, end: number): Promise<[string, string]> {
  let key = ''
  let value = ''
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1) key = await textField(c)
    else if (field === 2) value = await textField(c)
    else c.skip()
  }
  return [key, value]
}

/** A string field; what is stored as something else is passed over as empty. */
function textField(c: WireCursor): string | Promise<string> {
  if (c.wire !== BYTES) {
    c.skip()
    return ''
  }
  return c.size <= 4096 && !c.lacks(c.size) ? c.text() : c.longText()
}

/** Reads a nested message and leaves the cursor at its end. */
async function message<T>(c: WireCursor, read: (end: number) => Promise<T>): Promise<T> {
  if (c.wire !== BYTES) throw c.damaged(c.position, 'a part is stored as a number')
  const end = c.position + c.size
  const value = await read(end)
  if (c.position !== end) throw c.damaged(c.position, 'a part does not end where it should')
  return value
}

/** The same, named in the error if the file ends inside it. */
async function within<T>(c: WireCursor, what: string, read: (end: number) => Promise<T>): Promise<T> {
  c.within.push(what)
  const value = await message(c, read)
  c.within.pop()
  return value
}
