import { InputError } from '../../errors.ts'
import type { Input, RandomAccess } from '../../io/random-access.ts'
import { looksLikeZip, openZip } from '../../io/zip.ts'
import type { ConvShape, WeightPlan } from '../../weights/plan.ts'
import { readKernels } from '../kernel-axes.ts'
import { modelName } from '../model-name.ts'
import { PickleProblem } from '../pickle/values.ts'
import { isShardIndex } from '../shard-index.ts'
import type { Convolution, Skipped, Source, SourceFormat, SourceModel } from '../source.ts'
import { HEAD_BYTES } from '../source.ts'
import { type NamedTensor, placeInFileOrder, stateDictConvolutions, type Unplaced } from '../tensor-rules.ts'
import { type Chosen, chooseNetworks, findRepeats, wrapperOf } from './choose.ts'
import { type Checkpoint, dataPickle, isOldScript, openCheckpoint, torchLayout } from './container.ts'
import { isDistributed, openDistributed } from './distributed.ts'
import { type Found, findNetworks, type Network } from './networks.ts'
import { torchPlan } from './plan.ts'
import { openTorchShards, TORCH_SHARD } from './shards.ts'
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
      const name = modelName(input.path).replace(/\.(bin|pt|pth)\.index$/, '')
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
  const chosen = chooseNetworks(found.networks)
  for (const one of chosen) read.push(await readNetwork(input.access.name, checkpoint, one))
  read.sort((a, b) => b.convolutions.length - a.convolutions.length) // stable: else as chosen
  const [first, ...others] = read
  if (!first) return sourceOf(input, [emptyModel(name, checkpoint, found, parts)], [], parts)
  const networks = [first, ...others.filter(({ convolutions }) => convolutions.length > 0)]
  const models = networks.map(
    ({ key, convolutions, skipped, tensors }, k): SourceModel => ({
      name: k === 0 ? name : `${name}/${key}`,
      ...about(checkpoint, parts),
      convolutions,
      skipped: k === 0 ? [...skipped, ...leftovers(others), ...unused(found, chosen), ...found.skipped] : skipped,
      tensors,
    }),
  )
  const warnings = [...notes, ...networks.flatMap(({ warnings }) => warnings.map((one) => `${input.access.name}: ${one}`))]
  if (models.length > 1)
    warnings.push(`${input.access.name} holds ${models.length} networks: ${networks.map(({ key }) => key).join(', ')}`)
  return sourceOf(input, models, warnings, parts)
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
): Omit<SourceModel, 'name' | 'convolutions' | 'skipped' | 'tensors'> {
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
}

async function readNetwork(file: string, checkpoint: Checkpoint, { network, copies }: Chosen): Promise<ReadNetwork> {
  const skipped: Skipped[] = copies.map(({ key, tensors }) => ({
    name: key,
    kind: 'state dict',
    shape: [],
    reason: `a copy of ${network.key || 'the model'} (${tensors.length} tensors)`,
  }))
  const repeats = findRepeats(network.tensors)
  const own = network.tensors.filter((tensor) => !repeats.has(tensor))
  const wrapper = wrapperOf({ ...network, tensors: own })
  for (const [{ name, leaf }, reason] of repeats)
    if (leaf.shape.length >= 3) skipped.push({ name, kind: 'tensor', shape: leaf.shape, reason })

  const named: NamedTensor[] = []
  const known: { layer: Unplaced; transposed: boolean }[] = []
  const order = new Map<string, number>()
  for (const { name: full, leaf, module } of own) {
    const name = full.startsWith(wrapper) ? full.slice(wrapper.length) : full
    const weights: NamedTensor['weights'] =
      leaf.shape.length === 4 ? await torchPlan(checkpoint, file, full, leaf) : { unsupported: typeName(leaf) }
    order.set(name, order.size)
    const isWeight =
      module?.kind.endsWith('2d') && leaf.shape.length === 4 && !('unsupported' in weights) && !leaf.shape.includes(0)
    if (!isWeight) {
      named.push({ name, shape: leaf.shape, weights })
      continue
    }
    const shape = leaf.shape as unknown as ConvShape
    const { groups, placement } = module!
    const layer: Unplaced = { layer: name, shape, groups, weights: weights as WeightPlan, ...(placement && { placement }) }
    known.push({ layer, transposed: module!.kind.startsWith('ConvTranspose') })
  }

  const read = readKernels(named)
  const census = stateDictConvolutions(read.tensors)
  skipped.push(...census.skipped)
  for (const { layer, transposed } of known)
    if (transposed)
      skipped.push({ name: layer.layer, kind: 'ConvTranspose', shape: layer.shape, reason: 'transposed convolution' })
  const all: Unplaced[] = [...census.convolutions, ...known.filter(({ transposed }) => !transposed).map(({ layer }) => layer)]
  all.sort((a, b) => order.get(a.layer)! - order.get(b.layer)!)
  const biases = await biasesOf(checkpoint, file, own, wrapper)
  const convolutions = placeInFileOrder(all.map((layer) => ({ ...layer, ...biases(layer.layer, layer.shape[0]) })))
  return {
    key: network.key,
    convolutions,
    skipped,
    tensors: network.tensors.length,
    warnings: [...read.warnings, ...census.warnings],
  }
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
    convolutions: [],
    skipped: [...skipped, ...found.skipped],
    tensors: tensors.length,
  }
}
