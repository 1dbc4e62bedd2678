import type { RandomAccess } from '../../io/random-access.ts'
import type { Run } from '../onnx/records.ts'
import { fixedRun, readName, readWithin, wireText } from '../protobuf/fields.ts'
import { readMessage } from '../protobuf/message.ts'
import { BYTES, FIXED32, FIXED64, VARINT, WireCursor } from '../protobuf/wire.ts'

// caffe.proto: NetParameter. Layers are field 100 (LayerParameter, its type a word), in older files field 2 (V1LayerParameter, its type
// a number), and in the oldest field 2 with everything in a V0LayerParameter inside. Values are passed over: only their places are kept.

const MOST_AXES = 32
const MOST_LIST = 64
const RECORD_BYTES = 200

/** A BlobProto without its values. */
export interface CaffeBlob {
  readonly floats: Run[]
  readonly doubles: Run[]
  /** Undefined when the file gives none in this form. */
  dims: number[] | undefined
  /** num, channels, height, width: the form before BlobShape. */
  readonly four: number[]
  /** Values that a fork of Caffe keeps otherwise: half floats, or rows of a sparse matrix. */
  isOther: boolean
}

export interface CaffeConvolution {
  outputs: number
  groups: number
  readonly pads: number[]
  readonly kernels: number[]
  readonly strides: number[]
  readonly dilations: number[]
  padH: number
  padW: number
  strideH: number
  strideW: number
}

export interface CaffeLayer {
  name: string
  /** "Convolution"; of older files the name of the number: CONVOLUTION is "Convolution". */
  type: string
  readonly bottoms: string[]
  readonly tops: string[]
  readonly blobs: CaffeBlob[]
  /** Names of parameters, which share their values with those of the same name. */
  readonly shared: string[]
  /** Absent when it is no convolution, or one that keeps to what is usual. */
  convolution: CaffeConvolution | undefined
}

export interface CaffeNet {
  name: string
  /** Blobs that are fed from outside. */
  readonly inputs: string[]
  readonly layers: CaffeLayer[]
}

/** Of V1LayerParameter.LayerType, those that something here asks for, and those that feed a network. */
const V1_TYPES: Readonly<Record<number, string>> = {
  4: 'Convolution',
  39: 'Deconvolution',
  14: 'InnerProduct',
  11: 'Im2col',
  22: 'Split',
  5: 'Data',
  9: 'HDF5Data',
  12: 'ImageData',
  24: 'WindowData',
  29: 'MemoryData',
  32: 'DummyData',
}
const V0_TYPES: Readonly<Record<string, string>> = { conv: 'Convolution', innerproduct: 'InnerProduct', data: 'Data' }

/** Reads everything of a NetParameter but values. @throws InputError */
export async function readNet(access: RandomAccess): Promise<CaffeNet> {
  const c = new WireCursor(access)
  const net: CaffeNet = { name: '', inputs: [], layers: [] }
  while (c.position < access.byteLength) {
    if (c.lacks()) await c.load()
    const field = c.field(Number.POSITIVE_INFINITY)
    if (field === 1 && c.wire === BYTES) net.name = await wireText(c)
    else if (field === 3 && c.wire === BYTES) net.inputs.push(await wireText(c))
    else if (field === 100 || field === 2) {
      const layer = emptyLayer(c)
      const read = field === 100 ? readLayer : readOldLayer
      await readWithin(c, `layer ${net.layers.length}`, (end) => read(c, end, layer))
      net.layers.push(layer)
    } else c.skip()
  }
  return net
}

function emptyLayer(c: WireCursor): CaffeLayer {
  c.spend(2 * RECORD_BYTES)
  return { name: '', type: '', bottoms: [], tops: [], blobs: [], shared: [], convolution: undefined }
}

async function readLayer(c: WireCursor, end: number, layer: CaffeLayer): Promise<void> {
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1) layer.name = await named(c)
    else if (field === 2) layer.type = await wireText(c)
    else if (field === 3) layer.bottoms.push(await wireText(c))
    else if (field === 4) layer.tops.push(await wireText(c))
    else if (field === 6) layer.shared.push(await readWithin(c, 'a parameter', (stop) => readName(c, stop)))
    else if (field === 7) layer.blobs.push(await readWithin(c, `blob ${layer.blobs.length}`, (stop) => readBlob(c, stop)))
    else if (field === 106) layer.convolution = await readWithin(c, 'its parameters', (stop) => readConvolution(c, stop))
    else c.skip()
  }
}

async function readOldLayer(c: WireCursor, end: number, layer: CaffeLayer): Promise<void> {
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1) await readWithin(c, 'its oldest form', (stop) => readOldestLayer(c, stop, layer))
    else if (field === 2) layer.bottoms.push(await wireText(c))
    else if (field === 3) layer.tops.push(await wireText(c))
    else if (field === 4) layer.name = await named(c)
    else if (field === 5 && c.wire === VARINT) {
      const type = c.varint()
      layer.type = V1_TYPES[type] ?? `type ${type}`
    } else if (field === 6) layer.blobs.push(await readWithin(c, `blob ${layer.blobs.length}`, (stop) => readBlob(c, stop)))
    else if (field === 10) layer.convolution = await readWithin(c, 'its parameters', (stop) => readConvolution(c, stop))
    else if (field === 1001) layer.shared.push(await wireText(c))
    else c.skip()
  }
}

async function readOldestLayer(c: WireCursor, end: number, layer: CaffeLayer): Promise<void> {
  const convolution = emptyConvolution()
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1) layer.name = await named(c)
    else if (field === 2) {
      const type = await wireText(c)
      layer.type = Object.hasOwn(V0_TYPES, type) ? V0_TYPES[type]! : type
    } else if (field === 3 && c.wire === VARINT) convolution.outputs = c.varint()
    else if (field === 7) await c.integers(convolution.pads, MOST_LIST)
    else if (field === 8) await c.integers(convolution.kernels, MOST_LIST)
    else if (field === 9 && c.wire === VARINT) convolution.groups = c.varint()
    else if (field === 10) await c.integers(convolution.strides, MOST_LIST)
    else if (field === 50) layer.blobs.push(await readWithin(c, `blob ${layer.blobs.length}`, (stop) => readBlob(c, stop)))
    else c.skip()
  }
  layer.convolution = convolution
}

/** A layer's name, by which it is called if the file ends inside it. */
async function named(c: WireCursor): Promise<string> {
  const name = await wireText(c)
  const last = c.within.findLastIndex((what) => what.startsWith('layer '))
  if (last >= 0 && name !== '') c.within[last] = `layer ${name}`
  return name
}

async function readBlob(c: WireCursor, end: number): Promise<CaffeBlob> {
  c.spend(RECORD_BYTES)
  const blob: CaffeBlob = { floats: [], doubles: [], dims: undefined, four: [], isOther: false }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field >= 1 && field <= 4 && c.wire === VARINT) blob.four[field - 1] = c.signed()
    else if (field === 5) fixedRun(c, blob.floats, FIXED32)
    else if (field === 8) fixedRun(c, blob.doubles, FIXED64)
    else if (field === 7 && c.wire === BYTES) blob.dims = await readMessage(c, (stop) => readShape(c, stop))
    else {
      // 6 and 9 are gradients.
      blob.isOther ||= field > 9
      c.skip()
    }
  }
  return blob
}

async function readShape(c: WireCursor, end: number): Promise<number[]> {
  const dims: number[] = []
  while (c.position < end) {
    if (c.lacks()) await c.load()
    if (c.field(end) === 1) await c.integers(dims, MOST_AXES)
    else c.skip()
  }
  return dims
}

function emptyConvolution(): CaffeConvolution {
  return { outputs: 0, groups: 1, pads: [], kernels: [], strides: [], dilations: [], padH: -1, padW: -1, strideH: 0, strideW: 0 }
}

async function readConvolution(c: WireCursor, end: number): Promise<CaffeConvolution> {
  const found = emptyConvolution()
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 3) await c.integers(found.pads, MOST_LIST)
    else if (field === 4) await c.integers(found.kernels, MOST_LIST)
    else if (field === 6) await c.integers(found.strides, MOST_LIST)
    else if (field === 18) await c.integers(found.dilations, MOST_LIST)
    else if (c.wire !== VARINT) c.skip()
    else if (field === 1) found.outputs = c.varint()
    else if (field === 5) found.groups = c.varint()
    else if (field === 9) found.padH = c.varint()
    else if (field === 10) found.padW = c.varint()
    else if (field === 13) found.strideH = c.varint()
    else if (field === 14) found.strideW = c.varint()
    else c.skip()
  }
  return found
}
