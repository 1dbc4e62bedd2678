import { InputError } from '../../errors.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import { readMessage } from '../protobuf/message.ts'
import { BYTES, WireCursor } from '../protobuf/wire.ts'
import { readTfGraph, type TfGraph } from './graph-def.ts'
import { readSavedObjects, type SavedFunctions } from './object-graph.ts'

// tensorflow/core/protobuf/{saved_model,meta_graph}.proto

/** A MetaGraphDef: a graph, and facts about it. */
export interface MetaGraph {
  graph: TfGraph
  /** "2.21.0"; "" where it is not stated. */
  version: string
  readonly tags: string[]
  functions: SavedFunctions | undefined
}

/** The graph of a SavedModel: the one for serving, or the first. @throws InputError */
export async function readSavedModel(access: RandomAccess): Promise<MetaGraph> {
  const c = new WireCursor(access)
  const graphs: MetaGraph[] = []
  while (c.position < access.byteLength) {
    if (c.lacks()) await c.load()
    const field = c.field(access.byteLength)
    if (field === 2 && c.wire === BYTES) graphs.push(await readMessage(c, (end) => readMetaGraph(c, end)))
    else c.skip()
  }
  const found = graphs.find(({ tags }) => tags.includes('serve')) ?? graphs[0]
  if (!found || (found.graph.nodes.length === 0 && found.graph.functions.size === 0))
    throw new InputError(access.name, 'is a TensorFlow SavedModel whose graph is empty; export the model again')
  return found
}

/** A MetaGraphDef alone, as TensorFlow 1 keeps it beside a checkpoint. @throws InputError */
export function readMetaGraphFile(access: RandomAccess): Promise<MetaGraph> {
  return readMetaGraph(new WireCursor(access), access.byteLength)
}

async function readMetaGraph(c: WireCursor, end: number): Promise<MetaGraph> {
  const found: MetaGraph = { graph: { nodes: [], functions: new Map() }, version: '', tags: [], functions: undefined }
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 1 && c.wire === BYTES) await readMessage(c, (stop) => readAbout(c, stop, found))
    else if (field === 2 && c.wire === BYTES) found.graph = await readMessage(c, (stop) => readTfGraph(c, stop))
    else if (field === 7 && c.wire === BYTES) found.functions = await readMessage(c, (stop) => readSavedObjects(c, stop))
    else c.skip()
  }
  return found
}

async function readAbout(c: WireCursor, end: number, found: MetaGraph): Promise<void> {
  while (c.position < end) {
    if (c.lacks()) await c.load()
    const field = c.field(end)
    if (field === 4 && c.wire === BYTES) found.tags.push(await c.longText())
    else if (field === 5 && c.wire === BYTES) found.version = await c.longText()
    else c.skip()
  }
}
