import { InputError } from '../../errors.ts'
import { type Hdf5File, looksLikeHdf5, openHdf5 } from '../../hdf5/file.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import { looksLikeZip, openZip, tryZip } from '../../io/zip.ts'
import { hwioNetworks, networkByDepth } from '../hwio-networks.ts'
import { isRecord, readJson } from '../json-file.ts'
import { parsedJson } from '../json-text.ts'
import { modelName } from '../model-name.ts'
import type { Source, SourceFormat } from '../source.ts'
import { kernelDepths } from './layer-depths.ts'
import { namedTensors } from './named-h5.ts'
import { kerasTraining } from './training.ts'
import { groupAt, text, textList } from './variables.ts'
import { numberedFile, numberedTensors } from './weights-h5.ts'

const WEIGHTS = 'model.weights.h5'
/** For models of a class of their own, whose layers are its attributes. */
export const UNCERTAIN =
  'the file does not say in which order its layers run: they are listed in the order in which they were made, as far as their names tell, and depth counts that'

/** Keras HDF5 files: whole models and weights of Keras 1 and 2 (.h5), and Keras 3's .weights.h5. */
export const kerasH5: SourceFormat = {
  name: 'Keras',
  async match(head, { access }) {
    if (!looksLikeHdf5(head)) return false
    const file = await openHdf5(access)
    try {
      return (await layoutOf(file)) !== undefined
    } finally {
      await file.close()
    }
  },
  async open({ access, path }): Promise<Source> {
    const file = await openHdf5(access)
    try {
      return await sourceOf(file, access, modelName(path).replace(/\.weights$/, ''), undefined, undefined, async () => {
        await file.close()
        await access.close?.()
      })
    } catch (error) {
      await file.close()
      throw error
    }
  },
}

/** Keras 3's .keras: a zip of config.json, metadata.json and model.weights.h5. */
export const kerasZip: SourceFormat = {
  name: 'Keras archive',
  async match(head, { access }) {
    if (!looksLikeZip(head)) return false
    const zip = await tryZip(access)
    const find = (name: string) => zip?.find(name)
    return (
      find('config.json') !== undefined && (find(WEIGHTS) ?? find('model.weights.npz') ?? find('metadata.json')) !== undefined
    )
  },
  async open({ access, path }): Promise<Source> {
    const zip = await openZip(access)
    const entry = zip.find(WEIGHTS)
    if (!entry)
      throw new InputError(access.name, `is a Keras archive without ${WEIGHTS}; save it again with model.save('name.keras')`)
    const configuration = await readJson(await zip.find('config.json')!.open())
    const about = zip.find('metadata.json')
    const metadata = about && (await readJson(await about.open()))
    const version = isRecord(metadata) && typeof metadata['keras_version'] === 'string' ? metadata['keras_version'] : undefined
    const weights = await entry.open()
    const file = await openHdf5(weights)
    try {
      return await sourceOf(file, weights, modelName(path).replace(/\.weights$/, ''), configuration, version, async () => {
        await file.close()
        await access.close?.()
      })
    } catch (error) {
      await file.close()
      throw error
    }
  },
}

type Layout = { readonly kind: 'named'; readonly path: string } | { readonly kind: 'numbered' }

/** How a file keeps its variables; undefined when it is no Keras file. */
async function layoutOf(file: Hdf5File): Promise<Layout | undefined> {
  const root = await groupAt(file, '/')
  if (!root) return undefined
  if (textList(root, 'layer_names')) return { kind: 'named', path: '' }
  const weights = root.keys.includes('model_weights') ? await groupAt(file, '/model_weights') : undefined
  if (weights && textList(weights, 'layer_names')) return { kind: 'named', path: '/model_weights' }
  if (root.keys.includes('layers') || root.keys.includes('_layer_checkpoint_dependencies')) return { kind: 'numbered' }
  // A subclassed model keeps its layers under its own attributes' names.
  for (const key of root.keys.slice(0, 32)) {
    if (key === 'vars') return { kind: 'numbered' }
    const group = await groupAt(file, `/${key}`)
    if (group?.keys.includes('vars')) return { kind: 'numbered' }
  }
  return undefined
}

async function sourceOf(
  file: Hdf5File,
  access: RandomAccess,
  name: string,
  given: unknown,
  version: string | undefined,
  close: () => Promise<void>,
): Promise<Source> {
  const layout = await layoutOf(file)
  const root = await groupAt(file, '/')
  if (!layout || !root) throw new InputError(file.name, 'holds no weights in a layout that Keras writes')
  const group = layout.kind === 'named' ? await groupAt(file, layout.path || '/') : undefined
  const configuration = given ?? configurationOf(file, text(root, 'model_config'))
  const { tensors, isCertain } = group
    ? await namedTensors(file, layout.kind === 'named' ? layout.path : '', group, configuration)
    : await numberedTensors([await numberedFile(file, access)], configuration)
  const keras = version ?? text(root, 'keras_version') ?? (group && text(group, 'keras_version'))
  const about = {
    name,
    format: kerasH5.name,
    producer: keras === undefined ? null : `Keras ${keras}`,
    opset: null,
    meta: {},
    parts: [],
  }
  const found = await kerasTraining(file, root)
  const training = found && { training: found }
  const depthOf = configuration === undefined ? undefined : kernelDepths(configuration)
  if (depthOf) {
    const unplaced = isCertain ? undefined : { depths: BY_GUESS, warning: UNCERTAIN }
    return { format: kerasH5.name, ...networkByDepth(tensors, about, depthOf, () => unplaced), ...training, close }
  }
  const { models, warnings } = await hwioNetworks(tensors, about)
  return {
    format: kerasH5.name,
    models: models.map((model) => ({ ...model, ...(!isCertain && BY_GUESS) })),
    warnings: [...warnings, ...(isCertain ? [] : [UNCERTAIN])],
    ...training,
    close,
  }
}

const BY_GUESS = { depth_source: 'names' } as const

function configurationOf(file: Hdf5File, json: string | undefined): unknown {
  if (json === undefined) return undefined
  try {
    return parsedJson(json)
  } catch (error) {
    throw new InputError(file.name, 'its attribute model_config is not valid JSON; the file is damaged, get it again', {
      cause: error,
    })
  }
}
