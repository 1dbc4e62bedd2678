import { areNamedAsCopies } from '../state-dict/copy-words.ts'
import { AlikeNetworks, hasAll, type Near, type NetworkValues, type Original, type Weighed } from './alike.ts'
import type { FoundTensor, Network } from './networks.ts'
import { asListOf, isWeight, shadowParts } from './shadow-parts.ts'
import { TorchTensor } from './values.ts'

/** A network to be measured, and the ones of the same checkpoint that repeat it. */
export interface Chosen {
  readonly network: Network
  readonly copies: readonly Copy[]
}

/** A network that repeats another one; its cosine with it where values tell. */
export interface Copy {
  readonly network: Network
  readonly cosine: number | undefined
  /** True for what was gathered for each weight: squares of gradients, masks. */
  readonly isGathered?: true
}

/** Keys of averages and other shadows of the weights that were trained. */
const SHADOW = /(^|[._-])(\w{0,40}_)?ema(\d|[._-]|$)|ema$|^ema|averag|(^|[._-])swa|teacher|target|momentum|attacker|shadow/i
/** Keys of states that are not the one to measure first. */
const LATER = /(^|[._])last|previous/i

/** Whether one of two keys speaks of a copy that follows the other network through the training. */
export function areKeysOfCopies(a: string, b: string): boolean {
  return SHADOW.test(a) !== SHADOW.test(b) || areNamedAsCopies(a, b)
}

/** More networks than this are not asked for their signs. */
const MOST_ASKED = 16

/** What of a checkpoint is measured. */
export interface NetworkChoice {
  readonly chosen: readonly Chosen[]
  /** Networks with nearly the same values, each of which is measured. */
  readonly near: readonly Near[]
}

/**
 * Which dicts of a checkpoint are networks of their own. A dict whose weights (tensors of three and more dimensions) all occur
 * in another by name and shape is a copy when its values are alike and a key speaks of a copy, when the values are equal, or when nothing
 * but its key tells: of `model` and `ema`, `net` and `net_old`, `best` and `last` one is measured. With other values it is a network: `G_A` and `G_B`, an
 * ensemble, a teacher with a start of its own, `pretrained` and `finetuned`.
 * Kept is the one whose key does not speak of an average or of the last state; then the fullest; then the first in the file.
 * A dict of the same names and shapes of which no value is negative while another one's are holds what was gathered for each weight
 * (Fisher information, second moments, masks), and is listed with that one.
 * Dicts without such weights (buffers, optimiser leftovers) are no networks. What remains, the fullest first, are different
 * networks: a generator and a discriminator.
 */
export async function chooseNetworks(networks: readonly Network[], values: NetworkValues): Promise<NetworkChoice> {
  // Tensors outside of any dict (key "") are leftovers wherever there is a dict.
  const keepsLoose = networks.length === 1 || networks.every(({ key, tensors }) => key === '' || !tensors.some(isWeight))
  const candidates = networks
    .filter(({ key }) => key !== '' || keepsLoose)
    .map((network, order) => ({
      network,
      order,
      rank: SHADOW.test(network.key) ? 2 : LATER.test(network.key) ? 1 : 0,
      weights: weightsOf(network),
    }))
    .filter(({ weights }) => weights.size > 0)
    .sort((a, b) => a.rank - b.rank || b.weights.size - a.weights.size || a.order - b.order)
  const chosen: { weights: Map<string, string>; network: Network; copies: Copy[] }[] = []
  const alike = new AlikeNetworks<(typeof chosen)[number]>(values)
  /** The network that a dict repeats in all of its parts (`shadowParts`), each by its names or as a list. */
  const inParts = async (network: Network): Promise<Original<(typeof chosen)[number]> | undefined> => {
    const parts = network.isModule ? [] : shadowParts(network).map((part) => ({ network: part, weights: weightsOf(part) }))
    let found: Original<(typeof chosen)[number]> | undefined
    for (const part of parts.filter(({ weights }) => weights.size > 0)) {
      const original = (await alike.withNames(part)) ?? (await asList(part.network))
      if (!original || (found && found.one !== original.one)) return undefined
      const isLess = found?.cosine === undefined || (original.cosine !== undefined && original.cosine < found.cosine)
      found = isLess ? original : found
    }
    return found
  }
  const asList = async (list: Network): Promise<Original<(typeof chosen)[number]> | undefined> => {
    for (const one of chosen.slice(0, MOST_ASKED)) {
      const network = asListOf(list, one.network)
      const original = network && (await alike.withNames({ network, weights: weightsOf(network) }))
      if (original) return original
    }
    return undefined
  }
  const gathered = candidates.length > MOST_ASKED ? new Map<Network, Network>() : await gatheredFor(candidates, values)
  for (const { network, weights, rank } of candidates) {
    if (gathered.has(network)) continue
    const one = { weights, network, copies: [] as Copy[] }
    const original = rank > 1 ? ((await alike.withNames(one)) ?? (await inParts(network))) : await alike.withValues(one)
    if (original) {
      original.one.copies.push({ network, cosine: original.cosine })
      continue
    }
    chosen.push(one)
    alike.add(one)
  }
  for (const [network, original] of gathered) {
    const around = chosen.find((one) => one.network === original || one.copies.some((copy) => copy.network === original))
    around?.copies.push({ network, cosine: undefined, isGathered: true })
  }
  return { chosen: chosen.sort((a, b) => b.weights.size - a.weights.size), near: alike.near }
}

/** Networks of which no value is negative, each with one that has all of its weights and negative values among them. */
async function gatheredFor(candidates: readonly Weighed[], values: NetworkValues): Promise<Map<Network, Network>> {
  const gathered = new Map<Network, Network>()
  for (const one of candidates) {
    const others = candidates.filter((other) => other !== one && hasAll(other, one.weights))
    if (others.length === 0 || !(await values.isNeverNegative(one.network))) continue
    for (const other of others)
      if (!gathered.has(one.network) && !(await values.isNeverNegative(other.network))) gathered.set(one.network, other.network)
  }
  return gathered
}

/** Weights by name without wrappers, with their shapes. */
function weightsOf(network: Network): Map<string, string> {
  const kept = network.tensors.filter(isWeight)
  const wrapper = wrapperOf(network)
  return new Map(kept.map(({ name, leaf }) => [name.slice(wrapper.length), leaf.shape.join('×')]))
}

const WRAPPERS = ['module.', '_orig_mod.', '_fsdp_wrapped_module.', '_forward_module.', 'model.']

/**
 * The wrappers around a whole network that its names begin with: DataParallel's `module.`, torch.compile's `_orig_mod.`, FSDP's and
 * Fabric's, and `model.` where every tensor has it (Lightning). They are not part of a layer's name: the same network trained on
 * one device and on two has the same layers. A pickled module object keeps its attributes' names.
 */
export function wrapperOf({ isModule, tensors }: Network): string {
  let wrapper = ''
  // Averages count beside the module that they wrap: n_averaged, steps, num_updates.
  const wrapped = tensors.filter(({ name, leaf }) => name.includes('.') || leaf.shape.length > 0)
  if (isModule || wrapped.length === 0) return wrapper
  for (let found = true; found; ) {
    const next = WRAPPERS.find((prefix) => wrapped.every(({ name }) => name.startsWith(wrapper + prefix)))
    found = next !== undefined
    wrapper += next ?? ''
  }
  return wrapper
}

/** Tensors of one dict that are the same elements of the same storage as another, with what they repeat. */
export function findRepeats(tensors: readonly FoundTensor[]): Map<FoundTensor, string> {
  const repeats = new Map<FoundTensor, string>()
  const byPlace = new Map<string, string>()
  for (const tensor of tensors) {
    const { name, leaf } = tensor
    if (!(leaf instanceof TorchTensor) || leaf.count === 0) continue
    const place = [leaf.storage.key, leaf.storage.start, leaf.type.name, leaf.offset, leaf.shape, leaf.strides].join('/')
    const first = leaf.storage.bytes ? undefined : byPlace.get(place)
    if (first !== undefined) repeats.set(tensor, `same storage as ${first}`)
    else byPlace.set(place, name)
  }
  return repeats
}
