import type { DepthSource } from '../../database/provenance.ts'
import { InputError } from '../../errors.ts'
import { byteText } from '../../io/byte-text.ts'
import type { Input, RandomAccess } from '../../io/random-access.ts'
import { looksLikeZip, openZip } from '../../io/zip.ts'
import type { WeightPlan } from '../../weights/plan.ts'
import { readKernels } from '../kernel-axes.ts'
import { modelName } from '../model-name.ts'
import { pickleProblem, wouldRun } from '../pickle/unsafe.ts'
import { PickleProblem } from '../pickle/values.ts'
import { isShardIndex } from '../shard-index.ts'
import type { Convolution, FileTensor, Skipped, Source, SourceFormat, SourceModel, Training } from '../source.ts'
import { HEAD_BYTES } from '../source.ts'
import { cosineWords, nearWords } from '../state-dict/likeness.ts'
import { repeatsSkipped, severalNetworks } from '../state-dict/models.ts'
import type { NamedTensor } from '../state-dict/named-tensor.ts'
import { copiesOf } from '../state-dict/second-copies.ts'
import { bareSisters, sisterKey } from '../state-dict/sisters.ts'
import { stateDictConvolutions } from '../tensor-rules.ts'
import { type Chosen, chooseNetworks, findRepeats, wrapperOf } from './choose.ts'
import { type Checkpoint, dataPickle, isOldScript, openCheckpoint, torchLayout } from './container.ts'
import { torchContents } from './contents.ts'
import { isDistributed, openDistributed } from './distributed.ts'
import { networkValuesOf } from './network-values.ts'
import { type Found, findNetworks, type Network } from './networks.ts'
import { torchPlan } from './plan.ts'
import { plannedTensor } from './planned-tensor.ts'
import { placedByCode } from './script/placed.ts'
import { openTorchShards, TORCH_SHARD } from './shards.ts'
import { type Masks, withMasks } from './sparsifier.ts'
import { pytorchTraining } from './training.ts'
import type { TorchTensor } from './values.ts'

/**
 * PyTorch checkpoints: zip archives, TorchScript, the layout before torch 1.6, and bare pickles of tensors or NumPy arrays.
 * Pickles are read by a machine that executes nothing (../pickle/unpickle.ts).
 */
export const pytorch: SourceFormat = {
  name: 'PyTorch',
  async match(head, input) {
    if (isDistributed(input.path) || (await isShardIndex(head, input, TORCH_SHARD))) return true
    const layout = torchLayout(head)
    if (layout !== 'zip') return layout !== undefined
    if (firstNameOf(head)?.endsWith('/data.pkl')) return true
    try {
      const zip = await openZip(input.access)
      return dataPickle(zip) !== undefined || isOldScript(zip)
    } catch (error) {
      if (error instanceof InputError) return false
      throw error
    }
  },
  async open(input) {
    const { access } = input
    const head = await access.read(0, Math.min(HEAD_BYTES, access.byteLength))
    if (isDistributed(input.path)) return openFolder(input)
    if (!(await isShardIndex(head, input, TORCH_SHARD))) return readSource(input, modelName(input.path), await look(access), [])
    const { checkpoint, found, parts } = await openTorchShards(input, look)
    try {
      const name = modelName(input.path).replace(/\.(bin|pt|pth)\.index(\.[\w-]+)?$/, '')
      return await readSource(input, name, { checkpoint, found }, parts)
    } catch (error) {
      for (const part of parts) await part.close?.()
      throw error
    }
  },
}

/** A folder of torch.distributed.checkpoint, under the folder's name. */
async function openFolder(input: Input): Promise<Source> {
  const { checkpoint, parts, folder } = await openDistributed(input)
  try {
    return await readSource(input, folder ?? modelName(input.path), lookInto(checkpoint, input.access), parts)
  } catch (error) {
    for (const part of parts) await part.close?.()
    throw error
  }
}

/** A checkpoint's structure and what networks are in it. */
interface Looked {
  readonly checkpoint: Checkpoint
  readonly found: Found
}

async function look(access: RandomAccess): Promise<Looked> {
  return lookInto(await openCheckpoint(access), access)
}

function lookInto(checkpoint: Checkpoint, access: RandomAccess): Looked {
  try {
    const found = findNetworks(checkpoint.root)
    const { constants = [] } = checkpoint
    const isFrozen =
      constants.length > 0 && found.networks.every(({ tensors }) => tensors.every(({ leaf }) => leaf.shape.length < 3))
    return { checkpoint, found: isFrozen ? { ...found, networks: [frozen(constants)] } : found }
  } catch (error) {
    if (error instanceof PickleProblem)
      throw new InputError(access.name, pickleProblem(error.message, checkpoint.unsafe ?? new Set()), { cause: error })
    throw error
  }
}

const FROZEN = 'CONSTANTS.c'

/** A frozen module's weights under the names that its code gives them. */
function frozen(constants: readonly TorchTensor[]): Network {
  return { key: '', isModule: true, tensors: constants.map((leaf, k) => ({ name: `${FROZEN}${k}`, leaf })) }
}

async function readSource(
  input: Input,
  name: string,
  { checkpoint, found }: Looked,
  parts: readonly RandomAccess[],
): Promise<Source> {
  const read: ReadNetwork[] = []
  const { chosen, near } = await chooseNetworks(found.networks, networkValuesOf(checkpoint, input.access.name))
  for (const one of chosen) for (const each of await readNetwork(input.access.name, checkpoint, found.masks, one)) read.push(each)
  read.sort((a, b) => b.convolutions.length - a.convolutions.length) // stable: else as chosen
  const [first, ...others] = read
  const code = wouldRun(checkpoint.unsafe)
  if (code !== undefined && !read.some(({ convolutions }) => convolutions.length > 0))
    throw new InputError(input.access.name, `is a pickle that ${code}, and holds no layer; do not load it`)
  if (!read.some(({ convolutions }) => convolutions.length > 0) && (await isOptimised(checkpoint)))
    throw new InputError(
      input.access.name,
      'was made for one machine by torch.jit.optimize_for_inference, and its weights are not in the file; save the module before that',
    )
  if (!first)
    return sourceOf(
      input,
      [emptyModel(name, input.access.name, checkpoint, found, parts)],
      [],
      parts,
      pytorchTraining(checkpoint.root),
    )
  const networks = [first, ...others.filter(({ convolutions }) => convolutions.length > 0)]
  const areSisters = networks.length > 1 && networks.every((one) => isSister(one, first))
  const used = new Set(chosen.map(({ network }) => network))
  const rest = (): FileTensor[] =>
    found.networks.flatMap((network) =>
      used.has(network)
        ? []
        : torchContents(checkpoint, input.access.name, network.tensors, (own) => (network.key ? `${network.key}.${own}` : own)),
    )
  const models = networks.map(
    ({ key, convolutions, skipped, tensors, depth_source, contents }, k): SourceModel => ({
      name: k === 0 && !areSisters ? name : `${name}/${key}`,
      ...about(checkpoint, parts),
      depth_source,
      convolutions,
      skipped: k === 0 ? [...skipped, ...leftovers(others), ...unused(found, chosen), ...found.skipped] : skipped,
      tensors,
      // What belongs to no network is listed with the first.
      contents: async () => (k === 0 ? [...contents(), ...rest()] : contents()),
    }),
  )
  const warnings = networks.flatMap(({ warnings }) => warnings.map((one) => `${input.access.name}: ${one}`))
  if (code !== undefined)
    warnings.unshift(`${input.access.name} is a pickle that ${code}; its weights were read without running anything`)
  if (areSisters)
    warnings.push(
      `${input.access.name} ${severalNetworks(
        networks.map(({ key }) => key),
        true,
      )}`,
    )
  else if (models.length > 1) warnings.push(`${input.access.name} holds ${models.length} networks: ${namesOf(networks)}`)
  const [closest] = near
  if (closest)
    warnings.push(`${input.access.name}: ${nearWords(closest.a || 'the model', closest.b, closest.cosine, near.length - 1)}`)
  return sourceOf(input, models, warnings, parts, pytorchTraining(checkpoint.root))
}

/** True for TorchScript whose code takes weights from the memory of oneDNN. */
async function isOptimised({ code }: Checkpoint): Promise<boolean> {
  const files = await code?.()
  return files !== undefined && [...files.values()].some((text) => text.includes('ops.prim.ConstantMKLDNNTensor('))
}

/** Keys for a sentence: of many the first ones and the last. */
function namesOf(networks: readonly { readonly key: string }[]): string {
  const keys = networks.map(({ key }) => key)
  return keys.length > 12 ? `${keys.slice(0, 10).join(', ')} … ${keys.at(-1)}` : keys.join(', ')
}

/** The same layers with other values. */
function isSister(a: ReadNetwork, b: ReadNetwork): boolean {
  const layers = ({ convolutions }: ReadNetwork): string =>
    convolutions.map(({ layer, shape }) => `${layer} ${shape.join('×')}`).join('\n')
  return layers(a) === layers(b)
}

function sourceOf(
  input: Input,
  models: SourceModel[],
  warnings: string[],
  parts: readonly RandomAccess[],
  training: Training | undefined,
): Source {
  return {
    format: 'PyTorch',
    models,
    warnings,
    ...(training && { training }),
    async close() {
      for (const part of parts) await part.close?.()
      await input.access.close?.()
    },
  }
}

/** What all networks of a checkpoint have in common. */
function about(
  { layout }: Checkpoint,
  parts: readonly RandomAccess[],
): Omit<SourceModel, 'name' | 'convolutions' | 'skipped' | 'tensors' | 'depth_source'> {
  return { format: layout === 'TorchScript' ? 'TorchScript' : 'PyTorch', producer: null, opset: null, meta: {}, parts }
}

/** Dicts of weights that hold no 2-D convolution, in one line each. */
function leftovers(networks: readonly ReadNetwork[]): Skipped[] {
  return networks
    .filter(({ convolutions }) => convolutions.length === 0)
    .map(({ key, tensors }) => ({
      name: key,
      kind: 'state dict',
      shape: [],
      reason: `no 2-D convolution among its ${counted(tensors)}`,
    }))
}

/** What was found and is neither a network nor a copy of one. */
function unused({ networks }: Found, chosen: readonly Chosen[]): Skipped[] {
  const used = new Set(chosen.flatMap(({ network, copies }) => [network, ...copies.map((copy) => copy.network)]))
  return networks
    .filter((network) => !used.has(network))
    .map(({ key, tensors: { length } }) =>
      key === ''
        ? { name: 'other tensors', kind: 'tensor', shape: [], reason: `outside of any state dict (${counted(length)})` }
        : { name: key, kind: 'state dict', shape: [], reason: `holds no weights (${counted(length)})` },
    )
}

const counted = (tensors: number): string => `${tensors} tensor${tensors === 1 ? '' : 's'}`

/** Name of the first entry of a zip. */
function firstNameOf(head: Uint8Array): string | undefined {
  if (!looksLikeZip(head) || head.length < 30) return undefined
  const length = head[26]! | (head[27]! << 8)
  return byteText(head.subarray(30, 30 + length))
}

interface ReadNetwork {
  readonly key: string
  readonly convolutions: Convolution[]
  readonly skipped: Skipped[]
  readonly tensors: number
  readonly warnings: readonly string[]
  readonly depth_source: DepthSource
  contents(): FileTensor[]
}

/** A dict keeps the order of definition, and copies are left out before it is looked at. */
const WRITER = { parts: 1, keepsOrder: true, isDistinct: true }

async function readNetwork(
  file: string,
  checkpoint: Checkpoint,
  masks: Masks,
  { network, copies }: Chosen,
): Promise<ReadNetwork[]> {
  const skipped: Skipped[] = copies.map(({ network: { key, tensors }, cosine, isGathered }) => ({
    name: key,
    kind: 'state dict',
    shape: [],
    reason: isGathered
      ? `what was gathered for the weights of ${network.key || 'the model'}, as a Fisher information or a mask (${tensors.length} tensors, of which no value is negative)`
      : `a copy of ${network.key || 'the model'} (${tensors.length} tensors${cosineWords(cosine)})`,
  }))
  const repeats = findRepeats(network.tensors)
  for (const [{ name, leaf }, reason] of repeats)
    if (leaf.shape.length >= 3) skipped.push({ name, kind: 'tensor', shape: leaf.shape, reason })
  const distinct = withMasks(
    network.tensors.filter((tensor) => !repeats.has(tensor)),
    masks,
    wrapperOf(network),
  )
  const planned: NamedTensor[] = []
  for (const tensor of distinct) planned.push(await plannedTensor(checkpoint, file, tensor))
  const second = await copiesOf(planned)
  for (const each of repeatsSkipped(planned, second.repeats)) skipped.push(each)
  const own = distinct.filter((_, k) => !second.repeats.has(k))
  const wrapper = wrapperOf({ ...network, tensors: own })
  const named = planned
    .filter((_, k) => !second.repeats.has(k))
    .map((tensor) => (tensor.name.startsWith(wrapper) ? { ...tensor, name: tensor.name.slice(wrapper.length) } : tensor))
  const contents = (prefix: string): FileTensor[] =>
    torchContents(checkpoint, file, network.tensors, (given) => {
      const own = given.startsWith(wrapper) ? given.slice(wrapper.length) : given
      return own.startsWith(prefix) ? own.slice(prefix.length) : undefined
    })
  const biases = await biasesOf(checkpoint, file, own, wrapper)
  // A module says of itself that it is torch's; of a dict the sizes tell whose axes it has.
  const read = named.some(({ module }) => module) ? { tensors: named, warnings: [] } : readKernels(named)
  const sisters = bareSisters(read.tensors)
  const isAlone = sisters.length === 1
  const whole = isAlone && checkpoint.code ? stateDictConvolutions(read.tensors, WRITER) : undefined
  const placed = whole && (await placedByCode(checkpoint, file, network, whole.convolutions))
  if (placed)
    return [
      {
        key: network.key,
        convolutions: placed.convolutions.map((layer) => ({ ...layer, ...biases(layer.layer, layer.shape[0]) })),
        skipped: [...skipped, ...whole.skipped, ...placed.skipped],
        tensors: network.tensors.length,
        warnings: [...second.warnings, ...read.warnings],
        depth_source: 'graph',
        contents: () => contents(''),
      },
    ]
  return (isAlone ? [{ prefix: '', tensors: read.tensors }] : sisters).map((sister, k) => {
    const census = whole ?? stateDictConvolutions(sister.tensors, WRITER)
    return {
      key: [network.key, sisterKey(sister)].filter((key) => key !== '').join('.'),
      convolutions: census.convolutions.map((layer) => ({ ...layer, ...biases(sister.prefix + layer.layer, layer.shape[0]) })),
      skipped: k === 0 ? [...skipped, ...census.skipped] : census.skipped,
      tensors: isAlone ? network.tensors.length : sister.tensors.length,
      warnings: k === 0 ? [...second.warnings, ...frozenNote(network), ...read.warnings, ...census.warnings] : census.warnings,
      depth_source: census.depth_source,
      contents: () => contents(sister.prefix),
    }
  })
}

/** Of a frozen module whose code does not tell which of its weights is which. */
function frozenNote({ tensors }: Network): string[] {
  if (!tensors[0]?.name.startsWith(FROZEN)) return []
  return ['is a frozen TorchScript module, which does not name its layers: transposed convolutions in it cannot be recognised']
}

/** The bias of a weight called `….weight`, where the same dict has one of its length. */
async function biasesOf(
  checkpoint: Checkpoint,
  file: string,
  tensors: Chosen['network']['tensors'],
  wrapper: string,
): Promise<(layer: string, channels: number) => { bias?: WeightPlan }> {
  const plans = new Map<string, { channels: number; plan: WeightPlan }>()
  for (const { name, leaf } of tensors) {
    if (!name.endsWith('bias') || leaf.shape.length !== 1 || leaf.shape[0] === 0) continue
    const plan = await torchPlan(checkpoint, file, name, leaf)
    if (!('unsupported' in plan) && isDense(leaf)) plans.set(name.slice(wrapper.length), { channels: leaf.shape[0]!, plan })
  }
  return (layer, channels) => {
    const found = /(^|\.)weight$/.test(layer) ? plans.get(layer.slice(0, -'weight'.length) + 'bias') : undefined
    return found?.channels === channels ? { bias: found.plan } : {}
  }
}

function isDense(leaf: { strides?: readonly number[]; shape: readonly number[] }): boolean {
  return leaf.strides === undefined || leaf.strides[0] === 1 || leaf.shape[0] === 1
}

function emptyModel(
  name: string,
  file: string,
  checkpoint: Checkpoint,
  found: Found,
  parts: readonly RandomAccess[],
): SourceModel {
  const tensors = found.networks.flatMap((network) => network.tensors)
  const skipped = tensors
    .slice(0, 1000)
    .map(({ name, leaf }) => ({ name, kind: 'tensor', shape: leaf.shape, reason: `${leaf.shape.length}-D tensor` }))
  return {
    name,
    ...about(checkpoint, parts),
    depth_source: 'order',
    convolutions: [],
    skipped: [...skipped, ...found.skipped],
    tensors: tensors.length,
    contents: async () => torchContents(checkpoint, file, tensors),
  }
}
