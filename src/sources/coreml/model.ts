import { readName, readWithin, wireText } from '../protobuf/fields.ts'
import { BYTES, VARINT, type WireCursor } from '../protobuf/wire.ts'
import { readNeuralNetwork } from './neural-network.ts'
import { readMilProgram } from './program.ts'
import type { CoreMlModel } from './records.ts'

// coremltools/mlmodel/format/Model.proto

const DEEPEST = 8
const MOST_MODELS = 1000
const RECORD_BYTES = 200
/** A neural network on its own, or as a classifier or a regressor. */
const NETWORKS = new Set([303, 403, 500])
const PROGRAM = 502
/** A pipeline on its own is the message; as a classifier or a regressor it is field 1 of it. */
const PIPELINES = new Set([200, 201])
const PIPELINE = 202

/** Reads everything of a Model that ends at `end` but its weights. @throws InputError */
export async function readCoreMl(c: WireCursor, end: number, depth = 0): Promise<CoreMlModel> {
  if (depth > DEEPEST) throw c.damaged(c.position, `pipelines inside pipelines, more than ${DEEPEST} deep`)
  c.spend(RECORD_BYTES)
  const model: CoreMlModel = { version: 0, inputs: [], layers: undefined, functions: undefined, pipeline: undefined, kind: 0 }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    // What the file is too short for is said to be cut, not damaged.
    const field = c.field(depth === 0 ? Number.POSITIVE_INFINITY : end)
    if (field >= 200) model.kind = field
    if (field === 1 && c.wire === VARINT) model.version = c.varint()
    else if (c.wire !== BYTES) c.skip()
    else if (field === 2) await readWithin(c, 'its description', (stop) => readDescription(c, stop, model.inputs))
    else if (NETWORKS.has(field)) model.layers = await readWithin(c, 'its network', (stop) => readNeuralNetwork(c, stop, 0))
    else if (field === PROGRAM) model.functions = await readWithin(c, 'its program', (stop) => readMilProgram(c, stop))
    else if (PIPELINES.has(field)) await readWithin(c, 'its pipeline', (stop) => readOuter(c, stop, model, depth))
    else if (field === PIPELINE) await readWithin(c, 'its pipeline', (stop) => readPipeline(c, stop, model, depth))
    else c.skip()
  }
  return model
}

async function readDescription(c: WireCursor, end: number, inputs: string[]): Promise<void> {
  while (c.position < end) {
    if (c.lacks()) await c.load()
    if (c.field(end) === 1 && c.wire === BYTES) inputs.push(await readWithin(c, 'an input', (stop) => readName(c, stop)))
    else c.skip()
  }
}

async function readOuter(c: WireCursor, end: number, model: CoreMlModel, depth: number): Promise<void> {
  while (c.position < end) {
    if (c.lacks()) await c.load()
    if (c.field(end) === 1 && c.wire === BYTES) await readWithin(c, 'its models', (stop) => readPipeline(c, stop, model, depth))
    else c.skip()
  }
}

async function readPipeline(c: WireCursor, end: number, model: CoreMlModel, depth: number): Promise<void> {
  const pipeline = model.pipeline ?? { models: [], names: [] }
  model.pipeline = pipeline
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1 && c.wire === BYTES) {
      if (pipeline.models.length >= MOST_MODELS) throw c.damaged(c.position, `a pipeline of more than ${MOST_MODELS} models`)
      pipeline.models.push(await readWithin(c, `model ${pipeline.models.length}`, (stop) => readCoreMl(c, stop, depth + 1)))
    } else if (field === 2) pipeline.names.push(await wireText(c))
    else c.skip()
  }
}
