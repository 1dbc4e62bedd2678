import type { DepthSource } from '../../database/provenance.ts'
import { InputError } from '../../errors.ts'
import type { Input, RandomAccess } from '../../io/random-access.ts'
import { looksLikeZip, openZip } from '../../io/zip.ts'
import type { WeightPlan } from '../../weights/plan.ts'
import { readKernels } from '../kernel-axes.ts'
import { modelName } from '../model-name.ts'
import { wouldRun } from '../pickle/unsafe.ts'
import { PickleProblem } from '../pickle/values.ts'
import { isShardIndex } from '../shard-index.ts'
import type { Convolution, Skipped, Source, SourceFormat, SourceModel } from '../source.ts'
import { HEAD_BYTES } from '../source.ts'
import { repeatsOf } from '../state-dict/copies.ts'
import { severalNetworks } from '../state-dict/models.ts'
import type { ModuleRole, NamedTensor } from '../state-dict/named-tensor.ts'
import { bareSisters, sisterKey } from '../state-dict/sisters.ts'
import { stateDictConvolutions } from '../tensor-rules.ts'
import type { NetworkValues } from './alike.ts'
import { type Chosen, chooseNetworks, findRepeats, wrapperOf } from './choose.ts'
import { type Checkpoint, dataPickle, isOldScript, openCheckpoint, torchLayout } from './container.ts'
import { isDistributed, openDistributed } from './distributed.ts'
import { type Found, findNetworks, type ModuleFacts, type Network } from './networks.ts'
import { type Leaf, torchPlan } from './plan.ts'
import { openTorchShards, TORCH_SHARD } from './shards.ts'
import { TorchTensor } from './values.ts'

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
      return await readSource(input, name, { checkpoint, found, notes: [] }, parts)
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
  /** What a person should know about how it was read. */
  readonly notes: readonly string[]
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
    if (!isFrozen) return { checkpoint, found, notes: [] }
    const note =
      'is a frozen TorchScript module, which does not name its layers: transposed convolutions in it cannot be recognised'
    return { checkpoint, found: { ...found, networks: [frozen(constants)] }, notes: [`${access.name}: ${note}`] }
  } catch (error) {
    if (error instanceof PickleProblem) throw new InputError(access.name, error.message, { cause: error })
    throw error
  }
}

/** A frozen module's weights under the names that its code gives them. */
function frozen(constants: readonly TorchTensor[]): Network {
  return { key: '', isModule: true, tensors: constants.map((leaf, k) => ({ name: `CONSTANTS.c${k}`, leaf })) }
}

async function readSource(
  input: Input,
  name: string,
  { checkpoint, found, notes }: Looked,
  parts: readonly RandomAccess[],
): Promise<Source> {
  const read: ReadNetwork[] = []
  const chosen = await chooseNetworks(found.networks, {
    same: (a, b) => sameValues(checkpoint, a, b),
    digest: digestsOf(checkpoint),
  })
  for (const one of chosen) for (const each of await readNetwork(input.access.name, checkpoint, one)) read.push(each)
  read.sort((a, b) => b.convolutions.length - a.convolutions.length) // stable: else as chosen
  const [first, ...others] = read
  const code = wouldRun(checkpoint.unsafe)
  if (code !== undefined && !read.some(({ convolutions }) => convolutions.length > 0))
    throw new InputError(input.access.name, `is a pickle that ${code}, and holds no layer; do not load it`)
  if (!first) return sourceOf(input, [emptyModel(name, checkpoint, found, parts)], [], parts)
  const networks = [first, ...others.filter(({ convolutions }) => convolutions.length > 0)]
  const areSisters = networks.length > 1 && networks.every((one) => isSister(one, first))
  const models = networks.map(
    ({ key, convolutions, skipped, tensors, depth_source }, k): SourceModel => ({
      name: k === 0 && !areSisters ? name : `${name}/${key}`,
      ...about(checkpoint, parts),
      depth_source,
      convolutions,
      skipped: k === 0 ? [...skipped, ...leftovers(others), ...unused(found, chosen), ...found.skipped] : skipped,
      tensors,
    }),
  )
  const warnings = [...notes, ...networks.flatMap(({ warnings }) => warnings.map((one) => `${input.access.name}: ${one}`))]
  if (code !== undefined)
    warnings.unshift(`${input.access.name} is a pickle that ${code}; its weights were read without running anything`)
  if (areSisters) warnings.push(`${input.access.name} ${severalNetworks(networks.map(({ key }) => key))}`)
  else if (models.length > 1) warnings.push(`${input.access.name} holds ${models.length} networks: ${namesOf(networks)}`)
  return sourceOf(input, models, warnings, parts)
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

function sourceOf(input: Input, models: SourceModel[], warnings: string[], parts: readonly RandomAccess[]): Source {
  return {
    format: 'PyTorch',
    models,
    warnings,
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
  const used = new Set(chosen.flatMap(({ network, copies }) => [network, ...copies]))
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
  return new TextDecoder('latin1').decode(head.subarray(30, 30 + length))
}

interface ReadNetwork {
  readonly key: string
  readonly convolutions: Convolution[]
  readonly skipped: Skipped[]
  readonly tensors: number
  readonly warnings: readonly string[]
  readonly depth_source: DepthSource
}

async function readNetwork(file: string, checkpoint: Checkpoint, { network, copies }: Chosen): Promise<ReadNetwork[]> {
  const skipped: Skipped[] = copies.map(({ key, tensors }) => ({
    name: key,
    kind: 'state dict',
    shape: [],
    reason: `a copy of ${network.key || 'the model'} (${tensors.length} tensors)`,
  }))
  const repeats = findRepeats(network.tensors)
  const distinct = network.tensors.filter((tensor) => !repeats.has(tensor))
  const shadows = repeatsOf(distinct.map(({ name, leaf }) => ({ name, shape: leaf.shape })))
  for (const [k, reason] of shadows) repeats.set(distinct[k]!, reason)
  const own = distinct.filter((tensor) => !repeats.has(tensor))
  const wrapper = wrapperOf({ ...network, tensors: own })
  for (const [{ name, leaf }, reason] of repeats)
    if (leaf.shape.length >= 3) skipped.push({ name, kind: 'tensor', shape: leaf.shape, reason })
  const named: NamedTensor[] = []
  for (const { name: full, leaf, module } of own) {
    const name = full.startsWith(wrapper) ? full.slice(wrapper.length) : full
    const isPart = leaf.shape.length <= 1 && PART.test(name)
    const isPlanned = leaf.shape.length === 4 || (leaf.shape.length === 5 && leaf.shape[0] === 1) || isPart
    const weights = isPlanned ? await torchPlan(checkpoint, file, full, leaf) : { unsupported: typeName(leaf) }
    const role = module?.kind.endsWith('2d') && leaf.shape.length === 4 && roleOf(module)
    named.push({ name, shape: leaf.shape, weights, ...(role && { module: role }) })
  }
  const biases = await biasesOf(checkpoint, file, own, wrapper)
  // A module says of itself that it is torch's; of a dict the sizes tell whose axes it has.
  const read = named.some(({ module }) => module) ? { tensors: named, warnings: [] } : readKernels(named)
  const sisters = bareSisters(read.tensors)
  const isAlone = sisters.length === 1
  return (isAlone ? [{ prefix: '', tensors: read.tensors }] : sisters).map((sister, k) => {
    const census = stateDictConvolutions(sister.tensors, { parts: 1, keepsOrder: true })
    return {
      key: [network.key, sisterKey(sister)].filter((key) => key !== '').join('.'),
      convolutions: census.convolutions.map((layer) => ({ ...layer, ...biases(sister.prefix + layer.layer, layer.shape[0]) })),
      skipped: k === 0 ? [...skipped, ...census.skipped] : census.skipped,
      tensors: isAlone ? network.tensors.length : sister.tensors.length,
      warnings: k === 0 ? [...read.warnings, ...census.warnings] : census.warnings,
      depth_source: census.depth_source,
    }
  })
}

/** Bytes of each tensor that are compared to tell a copy from a network of its own. */
const COMPARED = 1 << 16

/** Whether two networks of the same names and shapes hold the same values: every weight begins alike, or is kept in another type. */
async function sameValues(checkpoint: Checkpoint, a: Network, b: Network): Promise<boolean> {
  const others = new Map(a.tensors.map(({ name, leaf }) => [name.slice(wrapperOf(a).length), leaf]))
  const wrapper = wrapperOf(b).length
  for (const { name, leaf } of b.tensors) {
    const other = others.get(name.slice(wrapper))
    if (leaf.shape.length < 3 || !other) continue
    const [x, y] = [await firstBytes(checkpoint, leaf), await firstBytes(checkpoint, other)]
    if (typeName(leaf) !== typeName(other)) continue
    if (x.length !== y.length || x.some((byte, k) => byte !== y[k])) return false
  }
  return true
}

/** Digests of the values that `sameValues` compares, by network and name without wrappers. */
function digestsOf(checkpoint: Checkpoint): NetworkValues['digest'] {
  let known: { readonly of: Network; readonly leaves: ReadonlyMap<string, Leaf> } | undefined
  return async (network, name) => {
    if (known?.of !== network) {
      const wrapper = wrapperOf(network).length
      known = { of: network, leaves: new Map(network.tensors.map(({ name, leaf }) => [name.slice(wrapper), leaf])) }
    }
    const leaf = known.leaves.get(name)!
    // FNV-1a, 32 bits: what digests hold for equal is compared.
    let hash = 0x811c9dc5
    for (const byte of await firstBytes(checkpoint, leaf)) hash = Math.imul(hash ^ byte, 0x01000193)
    return { type: typeName(leaf), digest: String(hash) }
  }
}

async function firstBytes(checkpoint: Checkpoint, leaf: Leaf): Promise<Uint8Array> {
  if (!(leaf instanceof TorchTensor)) return leaf.bytes.subarray(0, COMPARED)
  const access = await checkpoint.storage(leaf.storage)
  const from = Math.min(access.byteLength, leaf.offset * leaf.type.bytes)
  return access.read(from, Math.min(COMPARED, leaf.count * leaf.type.bytes, access.byteLength - from))
}

function roleOf({ kind, groups, placement }: ModuleFacts): ModuleRole {
  return { transposed: kind.startsWith('ConvTranspose'), groups, ...(placement && { placement }) }
}

/** Small tensors that a weight may be put together with: weight_g, weight_u, original0, 0._v. */
const PART = /(_[guv]|\.original0)$/

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

function typeName(leaf: { type: { name?: string; kind?: string } }): string {
  return leaf.type.name ?? `NumPy ${leaf.type.kind}`
}

function emptyModel(name: string, checkpoint: Checkpoint, found: Found, parts: readonly RandomAccess[]): SourceModel {
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
  }
}
