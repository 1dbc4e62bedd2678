import { InputError } from '../../errors.ts'
import type { Folder, RandomAccess } from '../../io/random-access.ts'
import type { HwioTensor, KernelRole } from '../hwio-census.ts'
import { type HwioNetworks, hwioNetworks, networkByDepth } from '../hwio-networks.ts'
import { isRecord, readJson } from '../json-file.ts'
import { kernelDepths } from '../keras/layer-depths.ts'
import { variableRoles } from '../keras/topology.ts'
import type { Convolution, Skipped, Source, SourceFormat, SourceModel } from '../source.ts'
import { orderByNames } from '../state-dict/order.ts'
import { placeInFileOrder } from '../tensor-rules.ts'
import { graphRoles, isGraph } from './graph.ts'
import { looksLikeModelModule, openBase64Module, readModelModule } from './js-module.ts'
import { readWeightsManifest } from './manifest.ts'

const SCANNED = 1 << 25

/**
 * TensorFlow.js: layers and graph models (model.json), weight manifests without a model, and both as scripts that export
 * them. The depth is the longest path from an input through the model's own graph; without one the position in the manifest among
 * all measured kernels (docs/decisions/tfjs-depth.md).
 */
export const tfjs: SourceFormat = {
  name: 'TensorFlow.js',

  async match(head, input) {
    const text = new TextDecoder().decode(head)
    if (/^\s*\[\s*\{/.test(text)) return /"weights"\s*:/.test(text) || /^\s*\[\s*\{\s*"paths"\s*:/.test(text)
    if (/^\s*\{/.test(text)) {
      if (/"(modelTopology|weightsManifest)"\s*:/.test(text)) return true
      // A long signature or metadata may push both members beyond the head.
      if (!/"(format|generatedBy|convertedBy|signature|userDefinedMetadata)"\s*:/.test(text)) return false
      const more = await input.access.read(0, Math.min(SCANNED, input.access.byteLength))
      return /"(modelTopology|weightsManifest)"\s*:/.test(new TextDecoder().decode(more))
    }
    return looksLikeModelModule(text)
  },

  async open(input): Promise<Source> {
    const { access } = input
    const isScript = await beginsAsScript(access)
    const json = isScript ? await readModelModule(access) : await readJson(access)
    const manifest = Array.isArray(json) ? json : isRecord(json) ? json['weightsManifest'] : undefined
    if (manifest === undefined)
      throw new InputError(
        access.name,
        'has a model topology but no weightsManifest: it holds no weights; get the model with its weights',
      )
    const { weights, shards, warnings } = await readWeightsManifest(access.name, manifest, (path) =>
      openShard(input.folder, path, isScript),
    )
    const about = isRecord(json) ? json : {}
    const { roleOf, skipped, depthOf } = rolesOf(
      access.name,
      about['modelTopology'],
      new Set(weights.map((weight) => weight.name)),
    )
    const tensors: HwioTensor[] = weights.map((weight) => ({ ...weight, role: roleOf(weight.name, weight.shape.length) }))
    const model = {
      name: modelName(input.path, about['modelTopology']),
      format: tfjs.name,
      producer:
        [about['generatedBy'], about['convertedBy']].filter((by) => typeof by === 'string' && by !== '').join(', ') || null,
      opset: null,
      meta: {},
      parts: shards,
    }
    const networks = depthOf ? networkByDepth(tensors, model, depthOf, namedOrder) : await byManifest(tensors, model)
    const [first, ...others] = networks.models
    return {
      format: tfjs.name,
      models: [{ ...first!, skipped: [...first!.skipped, ...skipped], tensors: weights.length }, ...others],
      warnings: [...warnings, ...networks.warnings],
      async close() {
        for (const shard of shards) await shard.close?.()
        await access.close?.()
      },
    }
  },
}

async function byManifest(tensors: readonly HwioTensor[], about: Parameters<typeof hwioNetworks>[1]): Promise<HwioNetworks> {
  const { models, warnings } = await hwioNetworks(tensors, about)
  const named = models.map(({ convolutions }) => asNamed(convolutions))
  return {
    models: models.map((model, k) => ({ ...model, ...named[k] })),
    warnings: [...warnings, ...(named.some(Boolean) ? [NOT_AS_LISTED] : [])],
  }
}

function asNamed(convolutions: readonly Convolution[]): Pick<SourceModel, 'convolutions' | 'depth_source'> | undefined {
  const named = stemFirst(convolutions)
  return named && { convolutions: named, depth_source: 'names' }
}

function namedOrder(convolutions: readonly Convolution[]) {
  const depths = asNamed(convolutions)
  return depths && { depths, warning: NOT_AS_LISTED }
}

const NOT_AS_LISTED =
  'depth is an order read from the names: the manifest lists the layer that takes the image behind others, so its order is not the one in which the network runs'
/** Channels of an image; of one there are depthwise layers as well. */
const COLOURS = new Set([3, 4])

/**
 * A manifest without a topology lists weights in any order. Where the layer that takes an image stands behind one that does not, the list
 * is not in the order of the network, and names tell it; undefined where the list may be.
 */
function stemFirst(convolutions: readonly Convolution[]): Convolution[] | undefined {
  const takesImage = ({ shape }: Convolution): boolean => COLOURS.has(shape[1]) && shape[2] * shape[3] > 1
  const [first] = convolutions
  if (!first || takesImage(first) || first.shape[1] === 1 || !convolutions.some(takesImage)) return undefined
  const order = orderByNames(convolutions.map(({ layer, shape }) => ({ name: layer, shape })))
  return placeInFileOrder(order.map((k) => convolutions[k]!))
}

async function beginsAsScript(access: RandomAccess): Promise<boolean> {
  const start = new TextDecoder().decode(await access.read(0, Math.min(1024, access.byteLength)))
  return !/^\s*[[{]/.test(start)
}

/** A script's shards are scripts as well, which have an ending of their own behind the path in the manifest. */
async function openShard(folder: Folder, path: string, isScript: boolean): Promise<RandomAccess | undefined> {
  if (isScript) {
    const stem = path.replace(/\.bin$/, '')
    for (const ending of ['.min.js', '.js', '.mjs', '.cjs']) {
      const script = await folder.open(stem + ending)
      if (!script) continue
      const bytes = await openBase64Module(script)
      if (bytes) return bytes
      await script.close?.()
    }
  }
  return folder.open(path)
}

function rolesOf(
  file: string,
  topology: unknown,
  names: ReadonlySet<string>,
): {
  roleOf: (name: string, rank: number) => KernelRole | undefined
  skipped: Skipped[]
  /** Where a kernel is first used in the model's own graph. */
  depthOf?: (layer: Convolution) => number | undefined
} {
  if (isGraph(topology)) {
    const { roles, skipped, depths } = graphRoles(file, topology, (name) => names.has(name))
    const unused = (rank: number): KernelRole | undefined =>
      rank < 3 ? undefined : { use: 'none', kind: 'Const', reason: `${rank}-D tensor that no convolution takes` }
    return { roleOf: (name, rank) => roles.get(name) ?? unused(rank), skipped, depthOf: ({ layer }) => depths.get(layer) }
  }
  const depthOf = kernelDepths(topology)
  const roleOf = variableRoles(topology)
  return { roleOf, skipped: [], ...(depthOf && { depthOf }) }
}

/** Nearly every model is called model.json, so its folder's name tells more, and without a folder the name that Keras gave it. */
function modelName(path: string, topology: unknown): string {
  const parts = path.split('/')
  const stem = parts
    .at(-1)!
    .replace(/(\.min)?\.(json|[cm]?js)$/i, '')
    .replace(/[-_.]?weights_manifest$/i, '')
  if (stem !== '' && stem !== 'model') return stem
  return parts.at(-2) ?? kerasName(topology) ?? 'model'
}

/** The name in a Keras topology, unless it is one that Keras makes up itself: "sequential_1". */
function kerasName(topology: unknown): string | undefined {
  const config = ['model_config', 'config'].reduce((at, key) => (isRecord(at) ? at[key] : undefined), topology)
  const name = isRecord(config) ? config['name'] : undefined
  if (typeof name !== 'string' || name === '' || /^(model|sequential|functional)(_\d+)?$/.test(name)) return undefined
  return name
}
