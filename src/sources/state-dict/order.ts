import { compareParts, comparePaths, type ModuleNode, type NamedShape, numbered, partsOf, treeOf } from './module-tree.ts'
import { DECODER, DOWNSAMPLE, rankOf, STAGE, STEM } from './roles.ts'
import { inTurns, type Sequence, takingTurns } from './side-by-side.ts'

/** Most modules side by side whose channels are tried as a chain. */
const LONGEST_CHAIN = 6

/**
 * The order in which a network runs through tensors that are known by name and shape only: their positions in `tensors`, first to
 * last. Names are read as paths of modules ("." or "/"), numbers in them as numbers; what takes the image comes first, then the trunk,
 * the neck, the decoder and the head, wherever names say so (docs/decisions/depth-by-names.md). The answer does not depend on the
 * order of `tensors` but for equal names.
 */
export function orderByNames(tensors: readonly NamedShape[]): number[] {
  const root = treeOf(tensors)
  const stem = stemOf(root, tensors)
  return runOf(root, undefined, stem, { tensors, runs: new Map() }).order
}

interface Context {
  readonly tensors: readonly NamedShape[]
  /** What was found of a module: each is asked for more than once. */
  readonly runs: Map<ModuleNode, Run>
}

/** Tensors in the order of use, and the channels that go in and come out where convolutions tell. */
interface Run {
  readonly part: string
  readonly order: number[]
  readonly into: number | undefined
  readonly outOf: number | undefined
}

function runOf(node: ModuleNode, parent: ModuleNode | undefined, path: readonly string[] | undefined, context: Context): Run {
  const known = context.runs.get(node)
  if (known) return known
  const { tensors } = context
  const own = node.own.map((k): Run => {
    const [out, into, ...kernel] = tensors[k]!.shape
    if (kernel.length !== 2) return { part: '', order: [k], into: undefined, outOf: undefined }
    return { part: '', order: [k], into: into === 1 ? out : into, outOf: out } // one channel per group: depthwise
  })
  const children = sorted(node, parent, path?.[0])
  const runs = [...own, ...asChain(runsBelow(node, children, path, context), node)]
  const convolutions = runs.filter(({ into }) => into !== undefined)
  const run: Run = {
    part: node.part,
    order: runs.flatMap(({ order }) => order),
    into: convolutions[0]?.into,
    outOf: convolutions.at(-1)?.outOf,
  }
  context.runs.set(node, run)
  return run
}

/** The runs of a module's children in their order; of children that take turns, those of the modules that are numbered together. */
function runsBelow(
  node: ModuleNode,
  children: readonly ModuleNode[],
  path: readonly string[] | undefined,
  context: Context,
): Run[] {
  const plain = (): Run[] => children.map((child) => runOf(child, node, below(path, child), context))
  const lists = numberedTogether(children)
  if (lists.length < 2) return plain()
  const sequences = lists.map(({ owner, isList, steps }): Sequence<Run> => {
    const [around, way] = isList ? [owner, below(path, owner)] : [node, path]
    const inNumbers = [...steps].sort(([a], [b]) => a - b)
    const runs = inNumbers.map(([number, step]) => [number, runOf(step, around, below(way, step), context)] as const)
    const isCounted = !isList && STAGE.test(numbered(owner.part)!.word)
    return { rank: rankOf(owner.part, node), isCounted, steps: new Map(runs) }
  })
  const groups = takingTurns(sequences)
  if (groups.length === 0) return plain()
  const turns = new Map<ModuleNode, readonly Run[]>()
  for (const group of groups) {
    const members = group.flatMap((k) => (lists[k]!.isList ? [lists[k]!.owner] : [...lists[k]!.steps.values()]))
    const first = children.find((child) => members.includes(child))
    for (const member of members) turns.set(member, member === first ? inTurns(group.map((k) => sequences[k]!)) : [])
  }
  return children.flatMap((child) => turns.get(child) ?? [runOf(child, node, below(path, child), context)])
}

function below(path: readonly string[] | undefined, child: ModuleNode): readonly string[] | undefined {
  return path?.[0] === child.part ? path.slice(1) : undefined
}

interface Numbered {
  /** The list itself, or the first of modules called alike. */
  readonly owner: ModuleNode
  readonly isList: boolean
  readonly steps: ReadonlyMap<number, ModuleNode>
}

/** Children that are lists of modules, and children that are called alike but for their numbers. */
function numberedTogether(children: readonly ModuleNode[]): Numbered[] {
  const alike = new Map<string, Map<number, ModuleNode>>()
  const found: Numbered[] = []
  for (const child of children) {
    if (child.convolutions === 0) continue
    const own = numbered(child.part)
    if (own) alike.set(own.word, (alike.get(own.word) ?? new Map<number, ModuleNode>()).set(own.number, child))
    const inside = [...child.children.values()].filter(({ convolutions }) => convolutions > 0)
    if (inside.length < 2 || !inside.every(({ part }) => /^\d{1,4}$/.test(part))) continue
    found.push({ owner: child, isList: true, steps: new Map(inside.map((step) => [Number(step.part), step])) })
  }
  for (const steps of alike.values()) {
    if (steps.size < 2) continue
    const members = new Set(steps.values())
    const [owner] = steps.values()
    const rest = found.filter((list) => !members.has(list.owner))
    found.splice(0, found.length, ...rest, { owner: owner!, isList: false, steps })
  }
  return found
}

/**
 * Modules side by side in an order in which each takes just the channels that the one before gives, when there is such an order and the
 * one at hand is none; of several the one nearest to it. What is no convolution keeps its place.
 */
function asChain(runs: readonly Run[], node: ModuleNode): readonly Run[] {
  const places = runs.flatMap((run, k) => (run.into === undefined ? [] : [k]))
  const fits = (list: readonly Run[]): boolean => list.every((run, k) => k === 0 || list[k - 1]!.outOf === run.into)
  const given = places.map((k) => runs[k]!)
  if (given.length < 2 || given.length > LONGEST_CHAIN || fits(given)) return runs
  const chain = firstChain(given, [], (run, left) => left.some((other) => other !== run && isAfter(run.part, other.part, node)))
  if (!chain) return runs
  const all = [...runs]
  places.forEach((place, k) => {
    all[place] = chain[k]!
  })
  return all
}

/** True when names leave no doubt that `a` comes after `b`: a higher number of the same word, or another role. */
function isAfter(a: string, b: string, node: ModuleNode): boolean {
  const [x, y] = [/^(\D*)(\d+)/.exec(a), /^(\D*)(\d+)/.exec(b)]
  if (x && y && x[1] === y[1] && x[2] !== y[2]) return Number(x[2]) > Number(y[2])
  return rankOf(a, node) > rankOf(b, node)
}

/** In lexicographic order of the places at hand, so the first found is the nearest. */
function firstChain(
  left: readonly Run[],
  chain: readonly Run[],
  isLater: (run: Run, left: readonly Run[]) => boolean,
): readonly Run[] | undefined {
  if (left.length === 0) return chain
  for (const run of left) {
    if ((chain.length > 0 && chain.at(-1)!.outOf !== run.into) || isLater(run, left)) continue
    const found = firstChain(
      left.filter((other) => other !== run),
      [...chain, run],
      isLater,
    )
    if (found) return found
  }
  return undefined
}

/** The path of the convolution that takes the image, when one can be told. */
function stemOf(root: ModuleNode, tensors: readonly NamedShape[]): string[] | undefined {
  const convolutions = tensors.filter(({ shape }) => shape.length === 4)
  for (const channels of [3, 4, 1, 2]) {
    const candidates = convolutions.filter(({ shape }) => shape[1] === channels)
    // One input channel per group is what every depthwise convolution has.
    if (candidates.length === 0 || (channels === 1 && candidates.length > 1)) continue
    const likely = candidates
      .map(({ name, shape }) => ({ path: partsOf(name), isPoint: shape[2]! * shape[3]! === 1 }))
      .filter(({ path }) => mayBeFirst(root, path))
    const named = likely.filter(({ path }) => path.some((part) => STEM.test(part.toLowerCase())))
    const among = named.length > 0 ? named : likely
    // Of the branches of a stem the one that sees neighbours, not the 1×1 beside it.
    among.sort((a, b) => Number(a.isPoint) - Number(b.isPoint) || a.path.length - b.path.length || comparePaths(a.path, b.path))
    if (among[0]) return among[0].path
  }
  return undefined
}

/** False for a convolution deep inside: behind a lower number of its own sequence, or in a head or decoder. */
function mayBeFirst(root: ModuleNode, path: readonly string[]): boolean {
  let at = root
  for (const part of path) {
    if (/^\d+$/.test(part) && [...at.children.keys()].some((other) => /^\d+$/.test(other) && Number(other) < Number(part)))
      return false
    if (rankOf(part, at) >= 3) return false
    at = at.children.get(part)!
  }
  return true
}

function sorted(node: ModuleNode, parent: ModuleNode | undefined, first: string | undefined): ModuleNode[] {
  const early = parent !== undefined && beginsWithDownsampling(node, parent)
  const ranks = new Map(
    [...node.children.keys()].map((part) => [part, early && DOWNSAMPLE.test(part) ? 0.5 : rankOf(part, node)]),
  )
  const list = [...node.children.values()].sort((a, b) => {
    if (a.part === first) return -1
    if (b.part === first) return 1
    const rank = ranks.get(a.part)! - ranks.get(b.part)!
    if (rank !== 0) return rank
    const [x, y] = [numbered(a.part), numbered(b.part)]
    if (x && y && STAGE.test(x.word) && STAGE.test(y.word) && x.word !== y.word && x.number !== y.number)
      return x.number - y.number
    if (x && y && x.word === y.word && DECODER.test(a.part.toLowerCase()) && narrows(node, x.word)) return y.number - x.number
    return compareParts(stepName(a.part, node), stepName(b.part, node))
  })
  return alternating(list, (child) => (child.part === first ? undefined : ranks.get(child.part)))
}

/**
 * Sequences of two words that alternate (`mixed_5b`, `repeat`, `mixed_6a`, `repeat_1`): modules of one rank, each of several convolutions,
 * stand by the channels that they take, where that keeps the numbers of each word in order. Of two that take as many, the one that gives
 * as many back is first: behind the other one there would be another number.
 */
function alternating(list: readonly ModuleNode[], rankOfChild: (child: ModuleNode) => number | undefined): ModuleNode[] {
  const isStep = (rank: number | undefined): boolean => rank === 2 || rank === 2.4 // reductions and all else
  const places = list.flatMap((child, k) => (isStep(rankOfChild(child)) && child.convolutions > 1 ? [k] : []))
  const group = places.map((k) => list[k]!)
  const wordOf = ({ part }: ModuleNode): string => part.replace(/_?\d{1,9}[a-z]?$/, '')
  const words = new Map<string, ModuleNode[]>()
  const alike = new Map<string, number>()
  for (const child of group) {
    const word = wordOf(child)
    const width = `${word} ${child.widest}`
    alike.set(width, (alike.get(width) ?? 0) + 1)
    const members = words.get(word)
    if (members) members.push(child)
    else words.set(word, [child])
  }
  const sequences = [...words.values()].filter(({ length }) => length > 1)
  // Words of which the numbers count together are in order already.
  const counted = group.map(({ part }) => numbered(part)?.word ?? '').filter((word) => STAGE.test(word))
  if (new Set(counted).size > 1) return [...list]
  const grows = ({ widest }: ModuleNode, k: number, members: readonly ModuleNode[]): boolean =>
    k === 0 || members[k - 1]!.widest <= widest
  if (words.size < 2 || sequences.length === 0 || !sequences.every((members) => members.every(grows))) return [...list]
  const keeps = (child: ModuleNode): boolean => {
    const inside = [...child.children.values()].filter(({ part }) => /^\d+$/.test(part))
    if (inside.length > 1) return inside.every(({ widest }) => widest === inside[0]!.widest)
    return alike.get(`${wordOf(child)} ${child.widest}`)! > 1
  }
  const order = [...group].sort((a, b) => a.widest - b.widest || Number(keeps(b)) - Number(keeps(a)))
  const all = [...list]
  places.forEach((place, k) => {
    all[place] = order[k]!
  })
  return all
}

/** Res2Net's `convs` stand between conv1 and conv3. */
function stepName(part: string, { children }: ModuleNode): string {
  return part === 'convs' && children.has('conv1') && children.has('conv3') ? 'conv2' : part
}

/** A stage that begins by making the image smaller: the first stage of its sequence does without. */
function beginsWithDownsampling(node: ModuleNode, parent: ModuleNode): boolean {
  if (!/\d$/.test(node.part) || ![...node.children.keys()].some((part) => DOWNSAMPLE.test(part))) return false
  if (![...node.children.keys()].some((part) => /^(blocks?|layers?)$/.test(part))) return false
  const firstOne = [...parent.children.values()].sort((a, b) => compareParts(a.part, b.part)).find(({ part }) => /\d$/.test(part))
  return firstOne !== undefined && ![...firstOne.children.keys()].some((part) => DOWNSAMPLE.test(part))
}

/** Decoder steps whose channels grow with their number run from the highest to the lowest: up4 … up1. */
function narrows(node: ModuleNode, word: string): boolean {
  const steps = [...node.children.values()].flatMap((child) => {
    const step = numbered(child.part)
    return step?.word === word ? [{ number: step.number, width: child.width }] : []
  })
  steps.sort((a, b) => a.number - b.number)
  return steps.length > 1 && steps[0]!.width < steps.at(-1)!.width
}
