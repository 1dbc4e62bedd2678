import type { SourceFormat } from '../source.ts'
import { isTable, looksLikeGraph, looksLikeSavedModel } from './look.ts'

/** A TensorFlow SavedModel: a folder of saved_model.pb and variables/, opened at the former. */
export const savedModel: SourceFormat = {
  name: 'TensorFlow SavedModel',
  match: (head, { access }) => looksLikeSavedModel(head, access),
  open: async (input) => (await import('./open.ts')).openSavedModel(input),
}

/** A frozen TensorFlow graph: a GraphDef with its weights as constants. */
export const frozenGraph: SourceFormat = {
  name: 'TensorFlow graph',
  match: (head) => looksLikeGraph(head),
  open: async (input) => (await import('./open.ts')).openFrozenGraph(input),
}

/** A TensorFlow checkpoint: NAME.index with NAME.data-…, and NAME.meta where TensorFlow 1 left the graph. */
export const tensorflowCheckpoint: SourceFormat = {
  name: 'TensorFlow checkpoint',
  match: (_head, { access }) => isTable(access),
  open: async (input) => (await import('./open.ts')).openTensorflowCheckpoint(input),
}
