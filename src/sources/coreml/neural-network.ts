import { fixedRun, readWithin, wireText } from '../protobuf/fields.ts'
import { BYTES, FIXED32, VARINT, type WireCursor } from '../protobuf/wire.ts'
import type { ConvolutionRecord, LayerRecord, Weights } from './records.ts'

// coremltools/mlmodel/format/NeuralNetwork.proto

const DEEPEST = 16
const MOST_LIST = 64
const RECORD_BYTES = 300
const CONVOLUTION = 100
const BRANCH = 605
const LOOP = 615
/** What lies below is a layer's name, its tensors and a flag. */
const FIRST_KIND = 100

/** The layers (field 1) of a NeuralNetwork, NeuralNetworkClassifier or NeuralNetworkRegressor. @throws InputError */
export async function readNeuralNetwork(c: WireCursor, end: number, depth: number): Promise<LayerRecord[]> {
  if (depth > DEEPEST) throw c.damaged(c.position, `networks inside networks, more than ${DEEPEST} deep`)
  const layers: LayerRecord[] = []
  while (c.position < end) {
    if (c.lacks()) await c.load()
    if (c.field(end) === 1 && c.wire === BYTES)
      layers.push(await readWithin(c, `layer ${layers.length}`, (stop) => readLayer(c, stop, depth)))
    else c.skip()
  }
  return layers
}

async function readLayer(c: WireCursor, end: number, depth: number): Promise<LayerRecord> {
  c.spend(RECORD_BYTES)
  const layer: LayerRecord = { name: '', inputs: [], outputs: [], kind: 0, convolution: undefined, bodies: [] }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field >= FIRST_KIND) layer.kind = field
    if (field === 1) {
      layer.name = await wireText(c)
      if (layer.name !== '') c.within[c.within.length - 1] = `layer ${layer.name}`
    } else if (field === 2) layer.inputs.push(await wireText(c))
    else if (field === 3) layer.outputs.push(await wireText(c))
    else if (field === CONVOLUTION) layer.convolution = await readWithin(c, 'its parameters', (stop) => readConvolution(c, stop))
    else if ((field === BRANCH || field === LOOP) && c.wire === BYTES)
      await readWithin(c, 'its bodies', (stop) => readBodies(c, stop, field, layer.bodies, depth))
    else c.skip()
  }
  return layer
}

/** A branch has a network for each case (1, 2), a loop one for its condition and one for its body (3, 4). */
async function readBodies(c: WireCursor, end: number, kind: number, bodies: LayerRecord[][], depth: number): Promise<void> {
  const fields = kind === BRANCH ? [1, 2] : [3, 4]
  while (c.position < end) {
    if (c.lacks()) await c.load()
    if (fields.includes(c.field(end)) && c.wire === BYTES)
      bodies.push(await readWithin(c, 'a body', (stop) => readNeuralNetwork(c, stop, depth + 1)))
    else c.skip()
  }
}

async function readConvolution(c: WireCursor, end: number): Promise<ConvolutionRecord> {
  const found: ConvolutionRecord = {
    out: 0,
    inPerGroup: 0,
    groups: 1,
    kernel: [],
    strides: [],
    dilations: [],
    pads: [0, 0, 0, 0],
    isTopHeavy: false,
    isTransposed: false,
    weights: undefined,
    bias: undefined,
  }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 20) await c.integers(found.kernel, MOST_LIST)
    else if (field === 30) await c.integers(found.strides, MOST_LIST)
    else if (field === 40) await c.integers(found.dilations, MOST_LIST)
    else if (field === 50) found.pads = await readWithin(c, 'its padding', (stop) => readValid(c, stop))
    else if (field === 51) {
      found.pads = undefined
      found.isTopHeavy = (await readWithin(c, 'its padding', (stop) => readNumber(c, stop))) === 1
    } else if (field === 90) found.weights = await readWithin(c, 'its weights', (stop) => readWeights(c, stop))
    else if (field === 91) found.bias = await readWithin(c, 'its bias', (stop) => readWeights(c, stop))
    else if (c.wire !== VARINT) c.skip()
    else if (field === 1) found.out = c.varint()
    else if (field === 2) found.inPerGroup = c.varint()
    else if (field === 10) found.groups = Math.max(1, c.varint())
    else if (field === 60) found.isTransposed = c.varint() !== 0
    else c.skip()
  }
  return found
}

/** ValidPadding: BorderAmounts (1) of EdgeSizes (10), rows and then columns. */
async function readValid(c: WireCursor, end: number): Promise<number[]> {
  const pads: number[] = []
  while (c.position < end) {
    if (c.lacks()) await c.load()
    if (c.field(end) === 1 && c.wire === BYTES) await readWithin(c, 'its borders', (stop) => readBorders(c, stop, pads))
    else c.skip()
  }
  return pads.length === 4 ? pads : [0, 0, 0, 0]
}

async function readBorders(c: WireCursor, end: number, pads: number[]): Promise<void> {
  while (c.position < end) {
    if (c.lacks()) await c.load()
    if (c.field(end) === 10 && c.wire === BYTES && pads.length < 4) {
      const edges = [0, 0]
      await readWithin(c, 'an edge', async (stop) => {
        while (c.position < stop) {
          if (c.lacks()) await c.load()
          const field = c.field(stop)
          if ((field === 1 || field === 2) && c.wire === VARINT) edges[field - 1] = c.varint()
          else c.skip()
        }
      })
      for (const each of edges) pads.push(each)
    } else c.skip()
  }
}

async function readNumber(c: WireCursor, end: number): Promise<number> {
  let value = 0
  while (c.position < end) {
    if (c.lacks()) await c.load()
    if (c.field(end) === 1 && c.wire === VARINT) value = c.varint()
    else c.skip()
  }
  return value
}

async function readWeights(c: WireCursor, end: number): Promise<Weights> {
  const weights: Weights = {
    floats: [],
    halves: undefined,
    bits: 0,
    raw: undefined,
    scales: [],
    biases: [],
    table: [],
    isRaw: false,
  }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1) fixedRun(c, weights.floats, FIXED32)
    else if (field === 2 && c.wire === BYTES) weights.halves = c.payload()
    else if (field === 30 && c.wire === BYTES) {
      weights.isRaw = true
      weights.raw = c.payload()
    } else if (field === 40 && c.wire === BYTES)
      await readWithin(c, 'its quantisation', (stop) => readQuantisation(c, stop, weights))
    else {
      weights.isRaw ||= field === 31
      c.skip()
    }
  }
  return weights
}

/** QuantizationParams: the bits (1), and a scale and a bias (101) or a table (102). */
async function readQuantisation(c: WireCursor, end: number, weights: Weights): Promise<void> {
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1 && c.wire === VARINT) weights.bits = c.varint()
    else if (field === 101 && c.wire === BYTES)
      await readWithin(c, 'its scales', (stop) => readFloats(c, stop, [weights.scales, weights.biases]))
    else if (field === 102 && c.wire === BYTES) await readWithin(c, 'its table', (stop) => readFloats(c, stop, [weights.table]))
    else c.skip()
  }
}

/** Lists of floats, the first in field 1. */
async function readFloats(c: WireCursor, end: number, lists: readonly Weights['floats'][]): Promise<void> {
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const list = lists[c.field(end) - 1]
    if (list) fixedRun(c, list, FIXED32)
    else c.skip()
  }
}
