import { InputError } from '../../errors.ts'
import type { Folder, Input, RandomAccess } from '../../io/random-access.ts'
import { modelName } from '../model-name.ts'
import { WireCursor } from '../protobuf/wire.ts'
import type { Source, SourceModel } from '../source.ts'
import { type Bundle, openBundle } from './bundle.ts'
import { checkpointNetworks } from './checkpoint.ts'
import { checkpointNames } from './checkpoint-names.ts'
import { readTfGraph } from './graph-def.ts'
import { graphCensus, type NamedBundle } from './graph-model.ts'
import { readMetaGraphFile, readSavedModel } from './meta-graph.ts'
import { bundleTraining } from './training.ts'

/** Opens a SavedModel at its saved_model.pb. @throws InputError */
export async function openSavedModel(input: Input): Promise<Source> {
  const { access, folder } = input
  const meta = await readSavedModel(access)
  const place = await findIndex(folder, ['variables/variables', 'variables'])
  const bundle = place && (await openBundle(place.index, folder, place.stem))
  return closing([place?.index, bundle], async () => {
    const checkpoint = bundle && { bundle, names: await checkpointNames(bundle) }
    const census = await graphCensus(meta, access, checkpoint)
    if (census.convolutions.length === 0 && !bundle && census.skipped.length > 0)
      throw new InputError(
        access.name,
        'keeps its weights in variables/variables.index, which is not beside it; give the whole SavedModel folder',
      )
    return sourceOf(
      input,
      'TensorFlow SavedModel',
      folderName(input.path),
      meta.version,
      census,
      checkpoint,
      place?.index,
      meta.graph,
    )
  })
}

/** Opens a GraphDef. @throws InputError */
export async function openFrozenGraph(input: Input): Promise<Source> {
  const { access } = input
  const graph = await readTfGraph(new WireCursor(access), access.byteLength)
  const census = await graphCensus({ graph, functions: undefined }, access, undefined)
  return sourceOf(input, 'TensorFlow graph', modelName(input.path), '', census, undefined, undefined, graph)
}

/** Opens a checkpoint at its index. @throws InputError */
export async function openTensorflowCheckpoint(input: Input): Promise<Source> {
  const { access, folder } = input
  const file = input.path.slice(input.path.lastIndexOf('/') + 1)
  const stem = file.replace(/\.index$/, '')
  const bundle = await openBundle(access, folder, stem)
  return closing([bundle], async () => {
    const opened = { bundle, names: await checkpointNames(bundle) }
    const found = await bundleTraining(bundle)
    const training = found && { training: found }
    const graph = await folder.open(`${stem}.meta`)
    if (graph) {
      return closing([graph], async () => {
        const meta = await readMetaGraphFile(graph)
        const census = await graphCensus(meta, graph, opened)
        return {
          ...sourceOf(input, 'TensorFlow checkpoint', stem, meta.version, census, opened, graph, meta.graph),
          ...training,
        }
      })
    }
    const about = { name: stem, format: 'TensorFlow checkpoint', producer: null, opset: null, meta: {}, parts: [...bundle.parts] }
    const { models, warnings } = await checkpointNetworks(opened, about)
    return {
      format: 'TensorFlow checkpoint',
      models: models.map((model) => ({ ...model, depth_source: 'names' })),
      warnings: warnings.map((warning) => `${access.name}: ${warning}`),
      ...training,
      async close() {
        await bundle.close()
        await access.close?.()
      },
    }
  })
}

/** Runs `make`; closes what was opened when it fails. */
async function closing(
  opened: readonly ({ close?(): Promise<void> } | undefined)[],
  make: () => Promise<Source>,
): Promise<Source> {
  try {
    return await make()
  } catch (error) {
    for (const one of opened) await one?.close?.()
    throw error
  }
}

async function findIndex(folder: Folder, stems: readonly string[]): Promise<{ index: RandomAccess; stem: string } | undefined> {
  for (const stem of stems) {
    const index = await folder.open(`${stem}.index`)
    if (index) return { index, stem }
  }
  return undefined
}

function sourceOf(
  { access }: Input,
  format: string,
  name: string,
  version: string,
  census: Pick<SourceModel, 'convolutions' | 'skipped'> & { readonly warnings: readonly string[] },
  checkpoint: NamedBundle | undefined,
  more: RandomAccess | undefined,
  graph: { readonly nodes: readonly { readonly operator: string }[] } | undefined,
): Source {
  const bundle: Bundle | undefined = checkpoint?.bundle
  const constants = graph?.nodes.filter(({ operator }) => operator === 'Const').length ?? 0
  const parts = [...(more ? [more] : []), ...(bundle?.parts ?? [])]
  const model: SourceModel = {
    name,
    format,
    producer: version === '' ? null : `TensorFlow ${version}`,
    opset: null,
    depth_source: graph ? 'graph' : 'names',
    convolutions: census.convolutions,
    skipped: census.skipped,
    tensors: bundle ? bundle.tensors.length : constants,
    meta: {},
    parts,
  }
  return {
    format,
    models: [model],
    warnings: census.warnings.map((warning) => `${access.name}: ${warning}`),
    async close() {
      await bundle?.close()
      await more?.close?.()
      await access.close?.()
    },
  }
}

/** A SavedModel is called as its folder, which may be the number of a version. */
function folderName(path: string): string {
  const parts = path.split('/').filter((part) => part !== 'saved_model.pb')
  const last = parts.at(-1) ?? 'saved_model'
  return /^\d+$/.test(last) && parts.length > 1 ? parts.at(-2)! : last
}
