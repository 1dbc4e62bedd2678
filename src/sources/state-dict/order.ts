/** A tensor's name and shape, (out, in per group, rows, columns) for a convolution. */
export interface NamedShape {
  readonly name: string
  readonly shape: readonly number[]
}

/** A module in the tree that the names form. */
interface Node {
  /** Its last part: "conv1". */
  readonly part: string
  readonly children: Map<string, Node>
  /** Position of the tensors that have just this name. */
  readonly own: number[]
  /** Smallest output of the convolutions below; for the direction of numbered decoder steps. */
  width: number
  /** Largest input of the convolutions below, and how many there are: for sequences that alternate. */
  widest: number
  convolutions: number
}

/** Names are ranked by what comes before what in a network: what takes the image, the trunk, the neck, the decoder, the head. */
const STEM =
  /^_*(\w{0,40}stems?(_?\w{1,40})?|(conv|bn)_?stem\w{0,40}|(conv|block|layer)_?(in|0)|(conv|layer|block)?_?(first|init(ial)?)(_?\w{1,40})?|patch_?embed\w{0,40}|to_patch_embed\w{0,40}|(embed(d(er|ing)s?)?|embeddings)|input\w{0,40}|in_?(conv|proj|layer|block)\w{0,40}|inc|pre_?(conv|layer|process\w{0,40}|act)\w{0,40}|entry_?\w{0,40}|from_?rgb|sub_mean|normali[sz]e|conv_?head_?in)$/
const TRUNK_FIRST =
  /^_*(encoders?|enc|backbone|trunk|features?|body|down(_?(blocks?|layers?|convs?|path|s))?|contract\w{0,40})_?\d*$/
const NECK = /^_*(neck|fpn|pan|mid(dle)?(_?block\w{0,40})?|bottleneck|bridge|center|centre|aspp|ppm|bot)_?\d*$/
const DECODER =
  /^_*(decoders?\d*|dec\d*|decode\w{0,40}|up(_?(blocks?|layers?|convs?|path|sample\w{0,40}|s))?_?\d*|up_?conv_?\d*|expansive\w{0,40}|generator)$/
const AUXILIARY = /^_*(aux\w{0,40}|dsn|side\w{0,40})$/i
const HEAD =
  /^_*((\w{1,40}_)?heads?(_\w{1,40})?|head\w{0,40}|tail|conv_?(last|out|head|final)\w{0,40}|final\w{0,40}|last_?\w{0,40}|out(put)?s?|out_?\w{0,40}|output_\w{1,40}|to_?rgbs?\d*|classif\w{0,40}|cls\w{0,40}|fc\d*|logits?|linear|predict\w{0,40}|pred\w{0,40}|seg_?\w{0,40}|exit_?\w{0,40})$/
const DOWNSAMPLE = /^down_?sampl\w{0,40}$/
/** Words whose numbers count one sequence together: denseblock1, transition1, denseblock2. */
const STAGE =
  /^(layers?|stages?|blocks?|dense_?blocks?|trans(ition)?s?|levels?|stacks?|groups?|res|mixed|down_?samples?|pools?|norms?|patch_?embeds?|features?)$/

/** What comes before what inside a block, where natural order would not have it so. Ranks between 2 and 3; 2.4 is everything else. */
const IN_BLOCK: readonly [part: RegExp, rank: number][] = [
  [/^(\w{0,40}reduc\w{0,40}|\w{0,40}squeeze\w{0,40}|primary\w{0,40}|conv_down|down_?conv)$/, 2],
  [/^(conv_?kxk|rbr_dense|conv_?exp(and)?\w{0,40}|_?expand_conv|inverted_?conv|qkv?|convs_?a)$/, 2.1],
  [
    /^(_?depthwise_?conv\w{0,40}|depth_?conv\w{0,40}|conv_?dw\w{0,40}|dw_?conv\w{0,40}|depthwise\w{0,40}|token_?mix\w{0,40}|modulation|spatial_\w{1,40}|local_mp|cpe\d*)$/,
    2.3,
  ],
  [/^(se|se_module|squeeze_?excite|_se_expand|attn\w{0,40}|attention\w{0,40}|self_?att\w{0,40})$/, 2.5],
  [
    /^(conv_?pwl\w{0,40}|_?project_?conv|point_?(wise)?_?conv\w{0,40}|pointwise\w{0,40}|pw_?linear|proj(ection)?|conv_?proj\w{0,40})$/,
    2.6,
  ],
  [/^(mlp\w{0,40}|ffn\w{0,40}|feed_?forward|channel_?mixer|incre_modules)$/, 2.7],
  [/^(conv_?(concat|cat)|concat\w{0,40}|aggregat\w{0,40}|root|fuse\w{0,40}|downsamp_modules)$/, 2.8],
]
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
  return runOf(root, undefined, stem, tensors).order
}

/** Tensors in the order of use, and the channels that go in and come out where convolutions tell. */
interface Run {
  readonly part: string
  readonly order: number[]
  readonly into: number | undefined
  readonly outOf: number | undefined
}

function runOf(node: Node, parent: Node | undefined, path: readonly string[] | undefined, tensors: readonly NamedShape[]): Run {
  const own = node.own.map((k): Run => {
    const [out, into, ...kernel] = tensors[k]!.shape
    if (kernel.length !== 2) return { part: '', order: [k], into: undefined, outOf: undefined }
    return { part: '', order: [k], into: into === 1 ? out : into, outOf: out } // one channel per group: depthwise
  })
  const below = sorted(node, parent, path?.[0]).map((child) =>
    runOf(child, node, path?.[0] === child.part ? path.slice(1) : undefined, tensors),
  )
  const runs = [...own, ...asChain(below, node)]
  const convolutions = runs.filter(({ into }) => into !== undefined)
  return {
    part: node.part,
    order: runs.flatMap(({ order }) => order),
    into: convolutions[0]?.into,
    outOf: convolutions.at(-1)?.outOf,
  }
}

/**
 * Modules side by side in an order in which each takes just the channels that the one before gives, when there is such an order and the
 * one at hand is none; of several the one nearest to it. What is no convolution keeps its place.
 */
function asChain(runs: readonly Run[], node: Node): readonly Run[] {
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
function isAfter(a: string, b: string, node: Node): boolean {
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

/** A longer name is no path that anybody wrote. */
const LONGEST_PATH = 1000

function partsOf(name: string): string[] {
  return name.length > LONGEST_PATH ? [name] : name.replace(/:\d{1,9}$/, '').split(/[./]/)
}

function treeOf(tensors: readonly NamedShape[]): Node {
  const node = (part: string): Node => ({
    part,
    children: new Map(),
    own: [],
    width: Number.POSITIVE_INFINITY,
    widest: 0,
    convolutions: 0,
  })
  const root = node('')
  tensors.forEach(({ name, shape }, k) => {
    let at = root
    for (const part of partsOf(name)) {
      let next = at.children.get(part)
      if (!next) at.children.set(part, (next = node(part)))
      at = next
      if (shape.length !== 4) continue
      at.width = Math.min(at.width, shape[0]!)
      at.widest = Math.max(at.widest, shape[1]!)
      at.convolutions++
    }
    at.own.push(k)
  })
  return root
}

/** The path of the convolution that takes the image, when one can be told. */
function stemOf(root: Node, tensors: readonly NamedShape[]): string[] | undefined {
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
function mayBeFirst(root: Node, path: readonly string[]): boolean {
  let at = root
  for (const part of path) {
    if (/^\d+$/.test(part) && [...at.children.keys()].some((other) => /^\d+$/.test(other) && Number(other) < Number(part)))
      return false
    if (rankOf(part, at) >= 3) return false
    at = at.children.get(part)!
  }
  return true
}

function sorted(node: Node, parent: Node | undefined, first: string | undefined): Node[] {
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
function alternating(list: readonly Node[], rankOfChild: (child: Node) => number | undefined): Node[] {
  const isStep = (rank: number | undefined): boolean => rank === 2 || rank === 2.4 // reductions and all else
  const places = list.flatMap((child, k) => (isStep(rankOfChild(child)) && child.convolutions > 1 ? [k] : []))
  const group = places.map((k) => list[k]!)
  const wordOf = ({ part }: Node): string => part.replace(/_?\d{1,9}[a-z]?$/, '')
  const words = new Map<string, Node[]>()
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
  const grows = ({ widest }: Node, k: number, members: readonly Node[]): boolean => k === 0 || members[k - 1]!.widest <= widest
  if (words.size < 2 || sequences.length === 0 || !sequences.every((members) => members.every(grows))) return [...list]
  const keeps = (child: Node): boolean => {
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
function stepName(part: string, { children }: Node): string {
  return part === 'convs' && children.has('conv1') && children.has('conv3') ? 'conv2' : part
}

/** A stage that begins by making the image smaller: the first stage of its sequence does without. */
function beginsWithDownsampling(node: Node, parent: Node): boolean {
  if (!/\d$/.test(node.part) || ![...node.children.keys()].some((part) => DOWNSAMPLE.test(part))) return false
  if (![...node.children.keys()].some((part) => /^(blocks?|layers?)$/.test(part))) return false
  const firstOne = [...parent.children.values()].sort((a, b) => compareParts(a.part, b.part)).find(({ part }) => /\d$/.test(part))
  return firstOne !== undefined && ![...firstOne.children.keys()].some((part) => DOWNSAMPLE.test(part))
}

/** "layer_3" as its word and number. */
function numbered(part: string): { word: string; number: number } | undefined {
  let digits = part.length
  while (digits > 0 && part[digits - 1]! >= '0' && part[digits - 1]! <= '9') digits--
  const word = part.slice(0, part[digits - 1] === '_' ? digits - 1 : digits).toLowerCase()
  return digits < part.length && word !== '' ? { word, number: Number(part.slice(digits)) } : undefined
}

/** Decoder steps whose channels grow with their number run from the highest to the lowest: up4 … up1. */
function narrows(node: Node, word: string): boolean {
  const steps = [...node.children.values()].flatMap((child) => {
    const step = numbered(child.part)
    return step?.word === word ? [{ number: step.number, width: child.width }] : []
  })
  steps.sort((a, b) => a.number - b.number)
  return steps.length > 1 && steps[0]!.width < steps.at(-1)!.width
}

/** Where among its siblings a module stands: 0 stem … 5 head; 2.4 for what names do not say. */
function rankOf(part: string, { children }: Node): number {
  const name = part.toLowerCase()
  const has = (pattern: RegExp): boolean => [...children.keys()].some((other) => pattern.test(other.toLowerCase()))
  // A pointwise convolution expands where another one projects, and projects where it is alone.
  if (/^conv_?pw$/.test(name)) return has(/^conv_?pwl$/) ? 2.1 : 2.6
  if (name === 'head' && has(/^(body|tail)$/)) return 0 // EDSR and its kin
  if (STEM.test(name)) return 0
  if (TRUNK_FIRST.test(name)) return 1.5
  if (AUXILIARY.test(name)) return 4.5
  if (NECK.test(name)) return 3
  if (DECODER.test(name)) return 4
  if (HEAD.test(name)) return 5
  // Inception: conv2d_2a … before block8, mixed_5b …
  if (/^conv\w{0,40}\d\w?$/.test(name) && has(/^(block|mixed|repeat|layer|stage|inception|dense_?block)_?\d/)) return 2.2
  return IN_BLOCK.find(([pattern]) => pattern.test(name))?.[1] ?? 2.4
}

/** Paths of modules in natural order. */
export function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let k = 0; k < Math.min(a.length, b.length); k++) {
    const order = compareParts(a[k]!, b[k]!)
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** Natural order: runs of digits as numbers, all else by code unit. */
function compareParts(a: string, b: string): number {
  const [x, y] = [a.match(/\d+|\D+/g) ?? [], b.match(/\d+|\D+/g) ?? []]
  for (let k = 0; k < Math.min(x.length, y.length); k++) {
    const [p, q] = [x[k]!, y[k]!]
    if (p === q) continue
    const [m, n] = [Number(p), Number(q)]
    if (/^\d/.test(p) && /^\d/.test(q)) {
      if (m !== n) return m - n
      continue
    }
    return p < q ? -1 : 1
  }
  return x.length - y.length || (a < b ? -1 : a > b ? 1 : 0)
}
