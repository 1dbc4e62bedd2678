import { speaksOfCopy } from './copies.ts'
import type { NamedShape } from './module-tree.ts'

/** Networks of one dict, by what stands before their names: "G_A.", "models.0."; a single one has the prefix "". */
export interface Sister<T> {
  readonly prefix: string
  readonly tensors: readonly T[]
}

/** What the prefix of a sister is called: "models.0"; "" for what is left of a dict beside its losses. */
export function sisterKey({ prefix }: { readonly prefix: string }): string {
  return prefix.replace(/[./]$/, '')
}

/**
 * Networks that only judge while another one is trained: `loss.perceptual_loss.net`, `lpips.vgg`. VQGAN and the autoencoders of latent
 * diffusion keep them in their own dict.
 */
const LOSS = /^(\w{1,40}_)?(loss(es)?|loss_fn|criterion|lpips|perceptual(_net(work)?)?)$/i

/** Sisters under the names that they have without their prefix. */
export function bareSisters<T extends NamedShape>(tensors: readonly T[]): Sister<T>[] {
  return withoutLosses(tensors).map(({ prefix, tensors: own }) => ({
    prefix,
    tensors: own.map((tensor) => ({ ...tensor, name: tensor.name.slice(prefix.length) })),
  }))
}

/** What lies below a loss is a network of its own, beside those of the rest. */
function withoutLosses<T extends NamedShape>(tensors: readonly T[]): Sister<T>[] {
  const sisters = sistersOf(tensors)
  if (sisters.length > 1) return sisters
  const losses = new Map<string, T[]>()
  const rest: T[] = []
  for (const tensor of tensors) {
    const dot = tensor.name.search(/[./]/)
    const prefix = dot > 0 && LOSS.test(tensor.name.slice(0, dot)) ? tensor.name.slice(0, dot + 1) : undefined
    const own = prefix === undefined ? rest : losses.get(prefix)
    if (own) own.push(tensor)
    else losses.set(prefix!, [tensor])
  }
  const convolutions = (list: readonly T[]): number => list.filter(({ shape }) => shape.length === 4).length
  const networks = [...losses].filter(([, own]) => convolutions(own) >= FEWEST_IN_LOSS)
  if (networks.length === 0 || convolutions(rest) === 0) return sisters
  const others = new Set(networks.flatMap(([, own]) => own))
  return [
    ...sistersOf(tensors.filter((tensor) => !others.has(tensor))),
    ...networks.map(([prefix, own]) => ({ prefix, tensors: own })),
  ]
}

interface Branch<T> {
  readonly weights: Map<string, string>
  readonly tensors: T[]
  takesImage: boolean
  /** Outputs of the last matrix: the classes, in a classifier. */
  classes: number | undefined
}

/** Fewer convolutions are a layer of the loss, no network. */
const FEWEST_IN_LOSS = 2
/** A longer name is no path that anybody wrote. */
const LONGEST_PATH = 1000
/** The two of an adversarial training, which have an architecture each. */
const GENERATOR = /^(net_?)?(G|[Gg]en(erator)?)(_?\w{1,3})?$/
const DISCRIMINATOR = /^(net_?)?(D|[Dd]is(c(riminator)?)?|critic)(_?\w{1,3})?$/

/**
 * Splits a dict that is nothing but networks side by side: every convolution lies below one of several prefixes, and each begins at an
 * image. They are networks of one architecture (an ensemble, the two generators of a CycleGAN) when below each there are the same names
 * with the same shapes; and of several (a student and its teacher) when one of the prefixes is a word for a second network, or each ends
 * in a matrix with as many outputs: a whole classifier. A generator and a discriminator are two whatever they take.
 */
function sistersOf<T extends NamedShape>(tensors: readonly T[]): Sister<T>[] {
  const whole = [{ prefix: '', tensors }]
  if (tensors.some(({ name }) => name.length > LONGEST_PATH)) return whole
  const weights = tensors.filter(({ shape }) => shape.length === 4)
  const shared = commonPrefix(weights.map(({ name }) => name))
  const branches = new Map<string, Branch<T>>()
  for (const tensor of tensors) {
    if (!tensor.name.startsWith(shared)) continue
    const dot = tensor.name.slice(shared.length).search(/[./]/) + shared.length
    if (dot < shared.length) {
      if (tensor.shape.length === 4) return whole
      continue
    }
    const prefix = tensor.name.slice(0, dot + 1)
    const branch: Branch<T> = branches.get(prefix) ?? { weights: new Map(), tensors: [], takesImage: false, classes: undefined }
    branches.set(prefix, branch)
    branch.tensors.push(tensor)
    if (tensor.shape.length === 2) branch.classes = tensor.shape[0]
    if (tensor.shape.length !== 4) continue
    branch.weights.set(tensor.name.slice(prefix.length), tensor.shape.join())
    const channels = tensor.shape[1]!
    if (channels >= 2 && channels <= 4) branch.takesImage = true
  }
  const list = [...branches].filter(([, branch]) => branch.weights.size > 0)
  const [first, ...others] = list
  if (!first || others.length === 0) return whole
  const split = (): Sister<T>[] => list.map(([prefix, branch]) => ({ prefix, tensors: branch.tensors }))
  if (areRivals(list.map(([prefix]) => prefix.slice(shared.length, -1)))) return split()
  if (!list.every(([, { weights, takesImage }]) => takesImage && weights.size >= 2)) return whole
  const [structure, ...structures] = list.map(([, { weights }]) => structureOf(weights))
  const areAlike = structures.every((one) => one === structure)
  const isSecond = list.some(([prefix]) => speaksOfCopy(prefix.slice(shared.length, -1)))
  const areClassifiers = list.every(([, { classes }]) => classes !== undefined && classes > 1 && classes === first[1].classes)
  if (!areAlike && !isSecond && !areClassifiers) return whole
  return split()
}

function areRivals(words: readonly string[]): boolean {
  const makers = words.filter((word) => GENERATOR.test(word)).length
  const judges = words.filter((word) => DISCRIMINATOR.test(word)).length
  return makers > 0 && judges > 0 && makers + judges === words.length
}

/** Names and shapes, without what all names of the branch begin with: Keras numbers networks, as sequential_1 and sequential_2. */
export function structureOf(weights: ReadonlyMap<string, string>): string {
  const inner = commonPrefix([...weights.keys()]).length
  return [...weights]
    .map(([name, shape]) => `${name.slice(inner)} ${shape}`)
    .sort()
    .join('\n')
}

/** What all names begin with, up to where a part of them ends. */
function commonPrefix(names: readonly string[]): string {
  let prefix = names[0] ?? ''
  for (const name of names) while (!name.startsWith(prefix)) prefix = prefix.slice(0, -1)
  return prefix.slice(0, Math.max(prefix.lastIndexOf('.'), prefix.lastIndexOf('/')) + 1)
}
