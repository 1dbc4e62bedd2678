import type { FoundTensor, Network } from './networks.ts'
import { TorchTensor } from './values.ts'

/** A network to be measured, and the ones of the same checkpoint that repeat it. */
export interface Chosen {
  readonly network: Network
  readonly copies: readonly Network[]
}

/** Keys of averages and other shadows of the weights that were trained. */
const SHADOW = /ema|averag|swa|teacher|momentum|attacker|shadow|(^|[._])last|previous/i

/**
 * Which dicts of a checkpoint are networks of their own. A dict whose weights (tensors of three and more dimensions) all occur
 * in another by name and shape is a copy: of `model` and `ema`, `best` and `last`, `params` and `params_ema` one is measured.
 * Kept is the one whose key does not speak of an average or of the last state; then the fullest; then the first in the file.
 * Dicts without such weights (buffers, optimiser leftovers) are no networks. What remains, the fullest first, are different
 * networks: a generator and a discriminator.
 */
export function chooseNetworks(networks: readonly Network[]): Chosen[] {
  // Tensors outside of any dict (key "") are leftovers wherever there is a dict.
  const candidates = networks
    .filter(
      ({ key }, _, all) =>
        key !== '' || all.length === 1 || all.every((other) => other.key === '' || weightsOf(other).size === 0),
    )
    .map((network, order) => ({ network, order, rank: SHADOW.test(network.key) ? 1 : 0, weights: weightsOf(network) }))
    .filter(({ weights }) => weights.size > 0)
    .sort((a, b) => a.rank - b.rank || b.weights.size - a.weights.size || a.order - b.order)
  const chosen: { weights: Map<string, string>; network: Network; copies: Network[] }[] = []
  for (const { network, weights } of candidates) {
    const original = chosen.find((other) => [...weights].every(([name, shape]) => other.weights.get(name) === shape))
    if (original) original.copies.push(network)
    else chosen.push({ weights, network, copies: [] })
  }
  return chosen.sort((a, b) => b.weights.size - a.weights.size)
}

/** Weights by name without wrappers, with their shapes. */
function weightsOf(network: Network): Map<string, string> {
  const kept = network.tensors.filter(({ leaf }) => leaf.shape.length >= 3)
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
  const wrapped = tensors.filter(({ name }) => name !== 'n_averaged') // AveragedModel counts beside the module that it wraps
  if (isModule || wrapped.length === 0) return wrapper
  for (let found = true; found; ) {
    const next = WRAPPERS.find((prefix) => wrapped.every(({ name }) => name.startsWith(wrapper + prefix)))
    found = next !== undefined
    wrapper += next ?? ''
  }
  return wrapper
}

const INNER_SHADOW = /(^|\.)(attacker|model_ema|ema_model|ema|averaged_model|swa_model|shadow)\./

/**
 * Tensors of one dict that repeat others of it, with what they repeat: the same elements of the same storage under a second
 * name, or a shadow copy kept beside the model (`attacker.model.x` of the robustness library, `model_ema.x`, `ema_model.x`).
 */
export function findRepeats(tensors: readonly FoundTensor[]): Map<FoundTensor, string> {
  const repeats = new Map<FoundTensor, string>()
  const byPlace = new Map<string, string>()
  const bySqueezedName = new Map<string, FoundTensor>()
  for (const tensor of tensors) if (!INNER_SHADOW.test(tensor.name)) bySqueezedName.set(squeezed(tensor.name), tensor)
  for (const tensor of tensors) {
    const { name, leaf } = tensor
    const match = INNER_SHADOW.exec(name)
    if (match) {
      const before = name.slice(0, match.index) + match[1]
      const after = name.slice(match.index + match[0].length)
      const original = [before + after, `${before}model.${after}`]
        .map((candidate) => bySqueezedName.get(squeezed(candidate)))
        .find((candidate) => candidate && candidate.leaf.shape.join() === leaf.shape.join())
      if (original) {
        repeats.set(tensor, `a copy of ${original.name}`)
        continue
      }
    }
    if (!(leaf instanceof TorchTensor) || leaf.count === 0) continue
    const place = [leaf.storage.key, leaf.storage.start, leaf.type.name, leaf.offset, leaf.shape, leaf.strides].join('/')
    const first = leaf.storage.bytes ? undefined : byPlace.get(place)
    if (first !== undefined) repeats.set(tensor, `same storage as ${first}`)
    else byPlace.set(place, name)
  }
  return repeats
}

/** Names are compared without dots: latent-diffusion's EMA drops them. */
function squeezed(name: string): string {
  return name.replaceAll('.', '')
}
