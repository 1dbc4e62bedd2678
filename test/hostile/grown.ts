// Files of n layers in every format, made here: each layer has one filter of 3 × 3 zeros.
import { Field, FixedSizeList, Float32, makeBuilder, Table, tableToIPC, Utf8 } from 'apache-arrow'
import { zipSync } from 'fflate'
import { Builder } from 'flatbuffers'
import { createCRC32 } from 'hash-wasm'
import { extract } from '../../src/extract.ts'
import { memoryOutput } from '../../src/io/memory-folder.ts'
import { exportParquet } from '../../src/results/export-parquet.ts'
import { memoryInput, text } from '../sources/inputs.ts'
import { attribute, model, node, weight } from '../sources/onnx/model.ts'
import { type Bytes, bytes, concat, floats, message, number, packed, string, varint } from '../sources/onnx/protobuf.ts'
import { withHeader } from '../sources/safetensors/write.ts'
import { npyBytes } from './npy.ts'
import { writeCheckpoint } from './pickles.ts'

/** A file that holds n layers, and what lies beside it. */
export interface Grown {
  readonly path: string
  readonly bytes: Uint8Array
  readonly beside?: Readonly<Record<string, Uint8Array>>
}

const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k)
const NINE = new Uint8Array(36)
const zeros = Array.from({ length: 9 }, () => 0)
const stored = (files: Record<string, Uint8Array>): Uint8Array => zipSync(files, { level: 0 })

/** Little-endian numbers of 4 and 8 bytes. */
function little(...values: (number | bigint)[]): Bytes {
  return concat(
    values.map((value) => {
      const out = new DataView(new ArrayBuffer(typeof value === 'bigint' ? 8 : 4))
      if (typeof value === 'bigint') out.setBigUint64(0, value, true)
      else out.setUint32(0, value, true)
      return new Uint8Array(out.buffer)
    }),
  )
}

/** A state dict of n weights by their names. */
export function safetensors(names: readonly string[]): Uint8Array {
  const header = names.map(
    (name, k) => `${JSON.stringify(name)}:{"dtype":"F32","shape":[1,1,3,3],"data_offsets":[${36 * k},${36 * k + 36}]}`,
  )
  return withHeader(`{${header.join(',')}}`, new Uint8Array(36 * names.length))
}

function pytorch(n: number): Uint8Array {
  const weights = range(n).map((k) => [`layer${k}.conv.weight`, { at: 9 * k, shape: [1, 1, 3, 3] }] as const)
  return writeCheckpoint(Object.fromEntries(weights), new Float32Array(9 * n))
}

function onnx(n: number): Uint8Array {
  const convolution = (k: number) =>
    node('Conv', [k === 0 ? 'x' : `y${k - 1}`, `w${k}`], [`y${k}`], attribute.ints('kernel_shape', [3, 3]))
  return model({ nodes: range(n).map(convolution), initializers: range(n).map((k) => weight(`w${k}`, [1, 1, 3, 3], k)) })
}

function gguf(n: number): Uint8Array {
  const name = (k: number): Bytes[] => {
    const letters = text(`layer${k}.conv.weight`)
    return [little(BigInt(letters.length)), letters]
  }
  const tensors = range(n).map((k) => concat([...name(k), little(4, 3n, 3n, 1n, 1n, 0, BigInt(64 * k))]))
  const head = concat([text('GGUF'), little(3, BigInt(n), 0n), ...tensors])
  return concat([head, new Uint8Array((32 - (head.length % 32)) % 32), new Uint8Array(64 * n)])
}

/** A checkpoint of n arrays, each in a folder of its own with one chunk. */
function orbax(n: number): Grown {
  const array = { chunks: [3, 3, 1, 1], compressor: null, dtype: '<f4', fill_value: null, filters: null, order: 'C' }
  const zarray = text(JSON.stringify({ ...array, shape: array.chunks, zarr_format: 2 }))
  const keys = (k: number): string[] => [`Conv_${k}`, 'kernel']
  const tree = range(n).map((k) => [
    `('${keys(k).join("', '")}')`,
    { key_metadata: keys(k).map((key) => ({ key, key_type: 2 })), value_metadata: { value_type: 'np.ndarray' } },
  ])
  const bytes = text(JSON.stringify({ tree_metadata: Object.fromEntries(tree), use_ocdbt: false, use_zarr3: false }))
  const beside = range(n).flatMap((k) => [
    [`${keys(k).join('.')}/.zarray`, zarray] as const,
    [`${keys(k).join('.')}/0.0.0.0`, NINE] as const,
  ])
  return { path: '_METADATA', bytes, beside: Object.fromEntries(beside) }
}

/** MessagePack: a map of n layers, each a map of one array. */
function flax(n: number): Uint8Array {
  const word = (value: string): Bytes => concat([Uint8Array.of(0xd9, value.length), text(value)])
  const array = concat([Uint8Array.of(0x93, 0x94, 3, 3, 1, 1), word('float32'), Uint8Array.of(0xc4, 36), NINE])
  const leaf = concat([Uint8Array.of(0xc7, array.length, 1), array])
  const layers = range(n).map((k) => concat([word(`Conv_${k}`), Uint8Array.of(0x81), word('kernel'), leaf]))
  return concat([Uint8Array.of(0x81), word('params'), Uint8Array.of(0xdf, 0, n >> 16, (n >> 8) & 255, n & 255), ...layers])
}

function mxnet(n: number): Uint8Array {
  const array = concat([little(0xf993fac9, 0, 4, 1n, 1n, 3n, 3n, 1, 0, 0), NINE])
  const names = range(n).map((k) => {
    const name = text(`arg:conv${k}_weight`)
    return concat([little(BigInt(name.length)), name])
  })
  return concat([little(0x112n, 0n, BigInt(n)), ...range(n).map(() => array), little(BigInt(n)), ...names])
}

function caffe(n: number): Uint8Array {
  const blob = message(7, [message(7, [packed(1, [1, 1, 3, 3])]), floats(5, zeros)])
  const layers = range(n).map((k) =>
    message(100, [
      ...[string(1, `conv${k}`), string(2, 'Convolution'), string(3, k ? `y${k - 1}` : 'data'), string(4, `y${k}`)],
      ...[blob, message(106, [number(1, 1), number(4, 3)])],
    ]),
  )
  return concat([string(1, 'net'), string(3, 'data'), ...layers])
}

function coreml(n: number): Uint8Array {
  const parameters = message(100, [
    number(1, 1),
    number(2, 1),
    number(10, 1),
    packed(20, [3, 3]),
    message(90, [floats(1, zeros)]),
  ])
  const layers = range(n).map((k) =>
    message(1, [string(1, `conv${k}`), string(2, k ? `y${k - 1}` : 'image'), string(3, `y${k}`), parameters]),
  )
  return concat([number(1, 4), message(2, [message(1, [string(1, 'image')])]), message(500, layers)])
}

/** ncnn: the list of layers, and their numbers behind a mark of how they are stored. */
function ncnn(n: number): Grown {
  const layers = range(n).map((k) => `Convolution conv${k} 1 1 ${k ? `y${k - 1}` : 'x'} y${k} 0=1 1=3 6=9`)
  const lines = ['7767517', `${n + 1} ${n + 1}`, 'Input x 0 1 x', ...layers]
  return { path: 'net.param', bytes: text(`${lines.join('\n')}\n`), beside: { 'net.bin': new Uint8Array(40 * n) } }
}

function paddle(n: number): Grown {
  const names = range(n).map((k) => `conv${k}.w_0`)
  const variable = (name: string): Bytes =>
    message(3, [
      string(1, name),
      message(2, [number(1, 7), message(3, [message(1, [number(1, 5), ...[1, 1, 3, 3].map((d) => number(2, d))])])]),
      number(3, 1),
    ])
  const slot = (field: number, parameter: string, value: string): Bytes =>
    message(field, [string(1, parameter), string(2, value)])
  const operators = names.map((name, k) =>
    message(4, [
      slot(1, 'Filter', name),
      slot(1, 'Input', k ? `y${k - 1}` : 'x'),
      slot(2, 'Output', `y${k}`),
      string(3, 'conv2d'),
    ]),
  )
  const feed = message(4, [slot(1, 'X', 'feed'), slot(2, 'Out', 'x'), string(3, 'feed')])
  const program = message(1, [number(1, 0), number(2, 0), ...names.map(variable), feed, ...operators])
  const description = concat([number(1, 5), ...[1, 1, 3, 3].map((size) => number(2, size))])
  const tensor = concat([little(0, 0n, 0, description.length), description, NINE])
  return { path: 'net.pdiparams', bytes: concat(names.map(() => tensor)), beside: { 'net.pdmodel': program } }
}

function darknet(n: number): Grown {
  const section = '[convolutional]\nfilters=1\nsize=3\nstride=1\npad=1\nactivation=linear\n'
  const numbers = new Uint8Array(20 + 40 * n)
  numbers[4] = 2
  return {
    path: 'net.weights',
    bytes: numbers,
    beside: { 'net.cfg': text(`[net]\nwidth=32\nheight=32\nchannels=1\n${section.repeat(n)}`) },
  }
}

function openvino(n: number): Grown {
  const port = (id: number, dims: string): string => `<port id="${id}" precision="FP32">${dims}</port>`
  const image = '<dim>1</dim><dim>1</dim><dim>8</dim><dim>8</dim>'
  const kernel = port(0, '<dim>1</dim><dim>1</dim><dim>3</dim><dim>3</dim>')
  const layers = range(n).flatMap((k) => [
    `<layer id="${2 * k + 1}" name="w${k}" type="Const" version="opset1"><data element_type="f32" shape="1, 1, 3, 3" offset="${36 * k}" size="36"/><output>${kernel}</output></layer>`,
    `<layer id="${2 * k + 2}" name="c${k}" type="Convolution" version="opset1"><data strides="1, 1" pads_begin="1, 1" pads_end="1, 1" dilations="1, 1"/><output>${port(2, image)}</output></layer>`,
  ])
  const edges = range(n).flatMap((k) => [
    `<edge from-layer="${2 * k}" from-port="${k ? 2 : 0}" to-layer="${2 * k + 2}" to-port="0"/>`,
    `<edge from-layer="${2 * k + 1}" from-port="0" to-layer="${2 * k + 2}" to-port="1"/>`,
  ])
  const input = `<layer id="0" name="x" type="Parameter" version="opset1"><data/><output>${port(0, image)}</output></layer>`
  const xml = `<?xml version="1.0"?>\n<net name="m" version="11"><layers>${input}${layers.join('')}</layers><edges>${edges.join('')}</edges></net>`
  return { path: 'net.xml', bytes: text(xml), beside: { 'net.bin': new Uint8Array(36 * n) } }
}

function tfjs(n: number): Grown {
  const nodes = [
    { name: 'x', op: 'Placeholder' },
    ...range(n).flatMap((k) => [
      { name: `w${k}`, op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } },
      {
        ...{ name: `y${k}`, op: 'Conv2D', input: [k ? `y${k - 1}` : 'x', `w${k}`] },
        attr: { strides: { list: { i: ['1', '1', '1', '1'] } } },
      },
    ]),
  ]
  const weights = range(n).map((k) => ({ name: `w${k}`, shape: [3, 3, 1, 1], dtype: 'float32' }))
  const json = { format: 'graph-model', modelTopology: { node: nodes }, weightsManifest: [{ paths: ['s.bin'], weights }] }
  return { path: 'model.json', bytes: text(JSON.stringify(json)), beside: { 's.bin': new Uint8Array(36 * n) } }
}

/** GraphDef: constants and convolutions in a chain. */
function tensorflowGraph(n: number): Uint8Array {
  const entry = (key: string, value: Bytes): Bytes => message(5, [string(1, key), bytes(2, value)])
  const tensor = message(8, [
    number(1, 1),
    message(
      2,
      [3, 3, 1, 1].map((size) => message(2, [number(1, size)])),
    ),
    bytes(4, NINE),
  ])
  const strides = message(1, [packed(3, [1, 1, 1, 1])])
  const nodes = range(n).flatMap((k) => [
    message(1, [string(1, `w${k}`), string(2, 'Const'), entry('dtype', number(6, 1)), entry('value', tensor)]),
    message(1, [
      ...[string(1, `y${k}`), string(2, 'Conv2D'), string(3, k ? `y${k - 1}` : 'x'), string(3, `w${k}`)],
      ...[entry('T', number(6, 1)), entry('strides', strides), entry('padding', string(2, 'SAME'))],
    ]),
  ])
  return concat([message(1, [string(1, 'x'), string(2, 'Placeholder'), entry('dtype', number(6, 1))]), ...nodes])
}

function savedModel(n: number): Uint8Array {
  const about = message(1, [string(4, 'serve'), string(5, '2.21.0')])
  return concat([number(1, 1), message(2, [about, bytes(2, tensorflowGraph(n))])])
}

/** The table of LevelDB that TensorFlow keeps a checkpoint's index in, in one block. */
async function tensorflowCheckpoint(n: number): Promise<Grown> {
  const crc = await createCRC32(0x82f63b78)
  const block = (entries: readonly { key: string; value: Bytes }[]): Bytes => {
    const content = concat([
      ...entries.flatMap(({ key, value }) => [varint(0), varint(key.length), varint(value.length), text(key), value]),
      little(0, 1),
      Uint8Array.of(0),
    ])
    const sum = Number.parseInt(crc.init().update(content).digest('hex'), 16)
    return concat([content, little((((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0)])
  }
  const shape = message(
    2,
    [3, 3, 1, 1].map((size) => message(2, [number(1, size)])),
  )
  const entries = range(n)
    .map((k) => ({ key: `conv${k}/kernel`, value: concat([number(1, 1), shape, number(4, 36 * k), number(5, 36)]) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const data = block([{ key: '', value: number(1, 1) }, ...entries])
  const meta = block([])
  const handle = (start: number, part: Bytes): Bytes => concat([varint(start), varint(part.length - 5)])
  const index = block([{ key: entries.at(-1)!.key, value: handle(0, data) }])
  const handles = concat([handle(data.length, meta), handle(data.length + meta.length, index)])
  const magic = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb)
  const table = concat([data, meta, index, handles, new Uint8Array(40 - handles.length), magic])
  return { path: 'net.index', bytes: table, beside: { 'net.data-00000-of-00001': new Uint8Array(36 * n) } }
}

function torchExport(n: number): Uint8Array {
  const tensor = (name: string) => ({ as_tensor: { name } })
  const nodes = range(n).map((k) => ({
    target: 'torch.ops.aten.conv2d.default',
    inputs: [
      { name: 'input', arg: tensor(k ? `y${k - 1}` : 'x'), kind: 1 },
      { name: 'weight', arg: tensor(`p_conv${k}_weight`), kind: 1 },
    ],
    outputs: [tensor(`y${k}`)],
    metadata: {},
    name: `y${k}`,
  }))
  const parameters = range(n).map((k) => ({
    parameter: { arg: { name: `p_conv${k}_weight` }, parameter_name: `conv${k}.weight` },
  }))
  const graph = { inputs: [tensor('x')], outputs: [], nodes }
  const signature = { input_specs: [...parameters, { user_input: { arg: tensor('x') } }] }
  const sizes = (...list: number[]) => list.map((as_int) => ({ as_int }))
  const config = range(n).map((k) => [
    `conv${k}.weight`,
    {
      path_name: `weight_${k}`,
      use_pickle: false,
      tensor_meta: { dtype: 7, sizes: sizes(1, 1, 3, 3), strides: sizes(9, 9, 3, 1), storage_offset: { as_int: 0 } },
    },
  ])
  return stored({
    'net/archive_format': text('pt2'),
    'net/models/model.json': text(JSON.stringify({ graph_module: { graph, signature }, torch_version: '2.9' })),
    'net/data/weights/model_weights_config.json': text(JSON.stringify({ config: Object.fromEntries(config) })),
    ...Object.fromEntries(range(n).map((k) => [`net/data/weights/weight_${k}`, NINE])),
  })
}

/** TensorFlow Lite: its FlatBuffer, field by field as schema.fbs numbers them. */
function tflite(n: number): Uint8Array {
  const b = new Builder(1 << 16)
  const integers = (values: readonly number[]): number => {
    b.startVector(4, values.length, 4)
    for (const value of [...values].reverse()) b.addInt32(value)
    return b.endVector()
  }
  const offsets = (values: readonly number[]): number => {
    b.startVector(4, values.length, 4)
    for (const value of [...values].reverse()) b.addOffset(value)
    return b.endVector()
  }
  const table = (fields: readonly (() => void)[]): number => {
    b.startObject(8)
    for (const add of fields) add()
    return b.endObject()
  }
  const buffer = (content: Uint8Array): number => {
    b.startVector(1, content.length, 16)
    for (const byte of content) b.addInt8(byte)
    const data = b.endVector()
    return table([() => b.addFieldOffset(0, data, 0)])
  }
  const tensor = (name: string, shape: readonly number[], place: number): number => {
    const [title, sizes] = [b.createString(name), integers(shape)]
    return table([() => b.addFieldOffset(0, sizes, 0), () => b.addFieldInt32(2, place, 0), () => b.addFieldOffset(3, title, 0)])
  }
  // Tensor 0 is the input; then a weight and an output for each layer.
  const buffers = [buffer(new Uint8Array(0)), ...range(n).map(() => buffer(NINE))]
  const tensors = [
    tensor('x', [1, 8, 8, 1], 0),
    ...range(n).flatMap((k) => [tensor(`w${k}`, [1, 3, 3, 1], k + 1), tensor(`y${k}`, [1, 8, 8, 1], 0)]),
  ]
  const operators = range(n).map((k) => {
    const [inputs, outputs] = [integers([2 * k, 2 * k + 1]), integers([2 * k + 2])]
    return table([() => b.addFieldInt32(0, 0, 0), () => b.addFieldOffset(1, inputs, 0), () => b.addFieldOffset(2, outputs, 0)])
  })
  const [listed, given, made, run] = [offsets(tensors), integers([0]), integers([2 * n]), offsets(operators)]
  const graph = table([
    ...[() => b.addFieldOffset(0, listed, 0), () => b.addFieldOffset(1, given, 0)],
    ...[() => b.addFieldOffset(2, made, 0), () => b.addFieldOffset(3, run, 0)],
  ])
  const code = table([() => b.addFieldInt8(0, 3, 0), () => b.addFieldInt32(3, 3, 0)])
  const [codes, graphs, held] = [offsets([code]), offsets([graph]), offsets(buffers)]
  const root = table([
    ...[() => b.addFieldInt32(0, 3, 0), () => b.addFieldOffset(1, codes, 0)],
    ...[() => b.addFieldOffset(2, graphs, 0), () => b.addFieldOffset(4, held, 0)],
  ])
  b.finish(root, 'TFL3')
  return b.asUint8Array()
}

/** What `write` puts into an HDF5 file. */
async function hdf5(write: (file: Hdf5Group) => void): Promise<Uint8Array> {
  const library = await import('h5wasm')
  const { FS } = await library.ready
  const file = new library.File('grown.h5', 'w')
  write(file as unknown as Hdf5Group)
  file.close()
  return Uint8Array.from((FS as unknown as { readFile(path: string): Uint8Array }).readFile('grown.h5'))
}

interface Hdf5Group {
  create_group(name: string): Hdf5Group
  create_dataset(of: { name: string; data: unknown; shape?: number[] }): { create_attribute(name: string, value: unknown): void }
  create_attribute(name: string, value: unknown): void
}

const kernel = new Float32Array(9)

/** Keras 2: a group for each layer, which names its weights. */
const kerasH5 = (n: number): Promise<Uint8Array> =>
  hdf5((file) => {
    const names = range(n).map((k) => `conv${k}`)
    file.create_attribute('layer_names', names)
    for (const name of names) {
      const group = file.create_group(name)
      group.create_attribute('weight_names', ['kernel:0'])
      group.create_dataset({ name: 'kernel:0', data: kernel, shape: [3, 3, 1, 1] })
    }
  })

/** Keras 3: variables by their numbers. */
const numbered = (n: number): Promise<Uint8Array> =>
  hdf5((file) => {
    const layers = file.create_group('layers')
    for (const k of range(n)) {
      const group = layers.create_group(k ? `conv2d_${k}` : 'conv2d').create_group('vars')
      group.create_dataset({ name: '0', data: kernel, shape: [3, 3, 1, 1] })
    }
  })

async function kerasArchive(n: number): Promise<Uint8Array> {
  const layers = range(n).map((k) => ({ class_name: 'Conv2D', config: { name: `c${k}`, strides: [1, 1], padding: 'same' } }))
  return stored({
    'metadata.json': text('{"keras_version": "3.15.0"}'),
    'config.json': text(JSON.stringify({ class_name: 'Sequential', config: { name: 'net', layers } })),
    'model.weights.h5': await numbered(n),
  })
}

async function kerasShards(n: number): Promise<Grown> {
  const weight_map = Object.fromEntries(range(n).map((k) => [`/layers/conv2d${k ? `_${k}` : ''}/vars`, ['w_00000.weights.h5']]))
  return {
    path: 'w.weights.json',
    bytes: text(JSON.stringify({ metadata: { total_size: 36 * n }, weight_map })),
    beside: { 'w_00000.weights.h5': await numbered(n) },
  }
}

const stateH5 = (n: number): Promise<Uint8Array> =>
  hdf5((file) => {
    for (const k of range(n)) file.create_dataset({ name: `layer${k}.conv.weight`, data: kernel, shape: [1, 1, 3, 3] })
  })

/** A table of n layers as CSV, as CNN-Filter-DB keeps it. */
const datasetH5 = (n: number): Promise<Uint8Array> =>
  hdf5((file) => {
    const rows = range(n).map((k) => `0,net,${k}:${k},1,1,${k}`)
    const csv = text(`model_id,model,filter_ids,out_channels,in_channels,conv_depth\n${rows.join('\n')}\n`)
    file.create_dataset({ name: 'filters', data: new Float32Array(9 * n), shape: [n, 3, 3] })
    file.create_dataset({ name: 'meta', data: csv, shape: [csv.length] })
  })

function arrow(n: number): Uint8Array {
  const column = (type: Utf8 | FixedSizeList, values: readonly unknown[]) => {
    const builder = makeBuilder({ type, nullValues: [null] })
    for (const value of values) builder.append(value as never)
    return builder.finish().toVector()
  }
  const nine = new FixedSizeList(9, new Field('item', new Float32()))
  const columns = {
    layer: column(
      new Utf8(),
      range(n).map((k) => `conv${k}`),
    ),
    weights: column(
      nine,
      range(n).map(() => zeros),
    ),
  }
  return tableToIPC(new Table(columns), 'file').slice()
}

const parquet = (n: number): Uint8Array =>
  exportParquet({
    name: 'filters',
    columns: [
      { name: 'layer', type: 'utf8', nullable: false, values: range(n).map((k) => `conv${k}`) },
      { name: 'weights', type: 'float64_list', values: range(n).map(() => new Float64Array(9)) },
    ],
    metadata: {},
  })

async function filterDatabase(n: number): Promise<Grown> {
  const output = memoryOutput('db')
  await extract([memoryInput('net.safetensors', safetensors(range(n).map((k) => `layer${k}.conv.weight`)))], output)
  const files = Object.fromEntries(output.files())
  const { 'models.arrow': bytes, ...beside } = files
  return { path: 'models.arrow', bytes: bytes!, beside }
}

const array = npyBytes('<f4', [1, 1, 3, 3], kernel)

/** By the name that the registry gives the format. An array file holds one layer: it grows by its bytes, which are not read. */
export const grown: Readonly<Record<string, (n: number) => Grown | Promise<Grown>>> = {
  safetensors: (n) => ({ path: 'net.safetensors', bytes: safetensors(range(n).map((k) => `layer${k}.conv.weight`)) }),
  'dataset.h5': async (n) => ({ path: 'dataset.h5', bytes: await datasetH5(n) }),
  Keras: async (n) => ({ path: 'net.h5', bytes: await kerasH5(n) }),
  'HDF5 state dict': async (n) => ({ path: 'state.h5', bytes: await stateH5(n) }),
  'Keras archive': async (n) => ({ path: 'net.keras', bytes: await kerasArchive(n) }),
  'Keras shards': kerasShards,
  Arrow: (n) => ({ path: 'net.arrow', bytes: arrow(n) }),
  'filter database': filterDatabase,
  Parquet: (n) => ({ path: 'net.parquet', bytes: parquet(n) }),
  'TensorFlow Lite': (n) => ({ path: 'net.tflite', bytes: tflite(n) }),
  NumPy: (n) => ({ path: 'net.npy', bytes: npyBytes('<f4', [n, 1, 3, 3], new Float32Array(9 * n)) }),
  'NumPy archive': (n) => ({
    path: 'net.npz',
    bytes: stored(Object.fromEntries(range(n).map((k) => [`layer${k}/kernel.npy`, array]))),
  }),
  OpenVINO: openvino,
  'TensorFlow.js': tfjs,
  'torch.export': (n) => ({ path: 'net.pt2', bytes: torchExport(n) }),
  PyTorch: (n) => ({ path: 'net.pth', bytes: pytorch(n) }),
  'TensorFlow checkpoint': tensorflowCheckpoint,
  GGUF: (n) => ({ path: 'net.gguf', bytes: gguf(n) }),
  Flax: (n) => ({ path: 'net.msgpack', bytes: flax(n) }),
  Orbax: orbax,
  darknet,
  'Core ML': (n) => ({ path: 'net.mlmodel', bytes: coreml(n) }),
  Caffe: (n) => ({ path: 'net.caffemodel', bytes: caffe(n) }),
  ncnn,
  Paddle: paddle,
  MXNet: (n) => ({ path: 'net.params', bytes: mxnet(n) }),
  'TensorFlow SavedModel': (n) => ({ path: 'saved_model.pb', bytes: savedModel(n) }),
  'TensorFlow graph': (n) => ({ path: 'net.pb', bytes: tensorflowGraph(n) }),
  ONNX: (n) => ({ path: 'net.onnx', bytes: onnx(n) }),
}
