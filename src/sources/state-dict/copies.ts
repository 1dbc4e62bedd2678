import { beliefs } from './beliefs.ts'
import type { NamedShape } from './module-tree.ts'

/**
 * Words under which training codes keep a second copy of the network beside the one that is trained: an average of its weights, a
 * teacher, a target, a momentum encoder (MoCo's `encoder_k`), the copy inside an attacker. The one that is trained is measured.
 */
const COPY =
  /^(\w{0,40}[_-])?(ema|model_?ema|ema_?model|averaged|avg_?model|averaged_?model|swa(_?model)?|teacher|target|momentum|shadow|attacker|polyak|mean_?teacher)([_-]\w{0,40})?$/i
/** The query and the key of momentum contrast (encoder_q and encoder_k, query_net and key_net), of which the key is the copy. */
const KEY =
  /^(\w{0,40}(encoder|backbone|net|network|model|trunk|base|branch|projector|predictor|head)\w{0,40}_k(ey)?|k(ey)?_(encoder|backbone|net|network|model|trunk|base|branch))$/i
/** Copies whose names were flattened: ema_backbone_conv1_weight for backbone.conv1.weight. */
const FLAT = /^(ema|teacher|target|momentum|shadow)_(?=\w)/i
/** What an optimiser keeps beside a variable, under the variable's name. */
const SLOT =
  /^(adam(_\d+)?|adamw?_[mv]|adagrad|rmsprop(_\d+)?|momentum(_\d+)?|ftrl(_\d+)?|adadelta(_\d+)?|exp_avg(_sq)?|max_exp_avg_sq|square_avg|momentum_buffer|velocity|accumulator|[mv]|mu|nu)$/i
/** Under what a training state keeps its optimiser. */
const OPTIMISER = /^(opt|optim|optimi[sz]er|opt(im(i[sz]er)?)?_?states?|tx_state)$/i
const AVERAGE = /^(exponentialmovingaverage|movingaverage|ema|shadow|average)$/i
/** Where flax.optim kept what an optimiser knows of each weight. */
const PARAM_STATES = /(^|[./])param_states[./]/

/** Copies that are looked for in one dict, and prefixes that are tried for each. */
const MOST_GROUPS = 64
const MOST_BASES = 32

/** A longer name is no path that anybody wrote. */
const LONGEST_PATH = 1000

/** Why a tensor is no layer of its own, by position in the list; positions that are not in it are the network. */
export type Repeats = Map<number, string>

/** A second copy by its prefix's own word: names and shapes say so, values have not been asked. */
export interface NamedCopy {
  /** "module.encoder_k" */
  readonly title: string
  /** "module.encoder_q" */
  readonly of: string
  /** Everything below the prefix, by position. */
  readonly positions: readonly number[]
  /** Weights of the copy and their counterparts, by position. */
  readonly pairs: readonly (readonly [copy: number, original: number])[]
}

/**
 * Tensors of one dict that repeat others of it: a second copy of a network or of a part of it under another prefix, found by structure
 * (every weight below the prefix has a counterpart of the same name below, and of the same shape) and told from a sister network by the
 * prefix's own word; slots of an optimiser, behind a variable's name or before it; and TRADES' `sub_block1`, which is saved and never run.
 */
export function repeatsOf(tensors: readonly NamedShape[]): Repeats {
  const { repeats, copies } = namedRepeats(tensors)
  for (const copy of copies) for (const position of copy.positions) repeats.set(position, copyReason(copy))
  return repeats
}

/** "a second copy of g (g_ema, 12 weights of the same names and shapes)"; `values`: what is known of them. */
export function copyReason({ title, of, pairs }: NamedCopy, values = ''): string {
  return `a second copy of ${of} (${title}, ${pairs.length} weights of the same names and shapes${values})`
}

/** What `repeatsOf` finds, copies of networks apart from what needs no look at values. */
export function namedRepeats(tensors: readonly NamedShape[]): {
  readonly repeats: Repeats
  readonly copies: readonly NamedCopy[]
} {
  const repeats: Repeats = new Map()
  const copies: NamedCopy[] = []
  const byName = new Map(tensors.map((tensor, k) => [tensor.name, k]))
  const bySqueezed = new Map<string, number>()
  tensors.forEach(({ name }, k) => {
    if (!bySqueezed.has(squeezed(name))) bySqueezed.set(squeezed(name), k)
  })
  tensors.forEach(({ name, shape }, k) => {
    const [base, last] = splitLast(name)
    const variable = base === undefined ? undefined : (byName.get(base) ?? byName.get(`${base}:0`))
    if (variable === undefined || tensors[variable]!.shape.join() !== shape.join()) return
    if (AVERAGE.test(last)) repeats.set(k, `an average of ${base} over the training`)
    else if (SLOT.test(last)) repeats.set(k, `the optimiser's, beside ${base}`)
  })
  tensors.forEach(({ name }, k) => {
    if (PARAM_STATES.test(name)) repeats.set(k, "the optimiser's (param_states of flax.optim)")
  })
  for (const [k, reason] of beliefs(tensors)) if (!repeats.has(k)) repeats.set(k, reason)
  const taken = new Set(repeats.keys())
  for (const group of groupsOf(tensors).slice(0, MOST_GROUPS)) {
    const bare = withoutWrapper(group, tensors)
    const found = originalOf(group, tensors, bySqueezed, taken) ?? (bare && originalOf(bare, tensors, bySqueezed, taken))
    if (!found) continue
    const positions = group.members.map(({ position }) => position)
    for (const position of positions) taken.add(position)
    if (group.kind === 'copy') copies.push({ title: group.title, of: found.title, positions, pairs: found.pairs })
    else {
      const what =
        group.kind === 'unused'
          ? `saved and never run (${group.title} of TRADES' wide networks, beside ${found.title})`
          : `the optimiser's (${group.title}), beside ${found.title}`
      for (const position of positions) repeats.set(position, what)
    }
  }
  return { repeats, copies }
}

/** True for the part of a name that speaks of a copy: an average, a teacher, a target. */
export function speaksOfCopy(part: string): boolean {
  return COPY.test(part) || KEY.test(part)
}

interface Group {
  /** "module.encoder_k" */
  readonly title: string
  /** What stands before the word: "module." */
  readonly before: string
  /** A copy of a network, TRADES' block that never runs, or what an optimiser keeps of every weight. */
  readonly kind: 'copy' | 'unused' | 'slot'
  readonly members: { readonly position: number; readonly rest: string }[]
}

/** Tensors by the outermost part of their names that speaks of a copy. */
function groupsOf(tensors: readonly NamedShape[]): Group[] {
  const groups = new Map<string, Group>()
  tensors.forEach(({ name }, position) => {
    const found = name.length > LONGEST_PATH ? undefined : groupOf(name.split(/([./])/)) // separators at odd places
    if (!found) return
    const { rest, ...about } = found
    const group = groups.get(about.title) ?? { ...about, members: [] }
    groups.set(about.title, group)
    group.members.push({ position, rest })
  })
  return [...groups.values()]
}

/** The group that a name belongs to, and what of the name is below it: a copy's by its word, then an optimiser's slot, then a flattened copy's. */
function groupOf(parts: readonly string[]): (Omit<Group, 'members'> & { readonly rest: string }) | undefined {
  const from = (k: number): string => parts.slice(k).join('')
  const upTo = (k: number): string => parts.slice(0, k).join('')
  const at = parts.findIndex((part, k) => k % 2 === 0 && k < parts.length - 2 && (part === 'sub_block1' || speaksOfCopy(part)))
  if (at >= 0) {
    const kind = parts[at] === 'sub_block1' ? 'unused' : 'copy'
    return { title: upTo(at + 1), before: upTo(at), kind, rest: from(at + 2) }
  }
  const slot = slotAt(parts)
  if (slot >= 0) return { title: upTo(slot + 1), before: '', kind: 'slot', rest: from(slot + 2) }
  const flat = parts.findIndex((part, k) => k % 2 === 0 && FLAT.test(part))
  if (flat < 0) return undefined
  const word = FLAT.exec(parts[flat]!)![0]
  return { title: upTo(flat) + word, before: upTo(flat), kind: 'copy', rest: from(flat).slice(word.length) }
}

/** Where, below an optimiser, its slots of all weights begin: `opt_state/0/mu/…`. */
function slotAt(parts: readonly string[]): number {
  const optimiser = parts.findIndex((part, k) => k % 2 === 0 && OPTIMISER.test(part))
  return optimiser < 0
    ? -1
    : parts.findIndex((part, k) => k > optimiser && k % 2 === 0 && k < parts.length - 2 && SLOT.test(part))
}

/** The group without what averages of a whole network put before its names (`ema_model.module.`); undefined when nothing is. */
function withoutWrapper(group: Group, tensors: readonly NamedShape[]): Group | undefined {
  const wrapper = ['module.', '_orig_mod.', 'model.'].find((one) =>
    // An average counts beside the module that it wraps: n_averaged.
    group.members.every(({ rest, position }) => rest.startsWith(one) || tensors[position]!.shape.length === 0),
  )
  if (wrapper === undefined) return undefined
  return {
    ...group,
    members: group.members.map(({ position, rest }) => ({
      position,
      rest: rest.startsWith(wrapper) ? rest.slice(wrapper.length) : rest,
    })),
  }
}

/** What a group is a copy of, and which weight is which; undefined when nothing in the dict has its structure. */
function originalOf(
  group: Group,
  tensors: readonly NamedShape[],
  bySqueezed: ReadonlyMap<string, number>,
  taken: ReadonlySet<number>,
): { title: string; pairs: NamedCopy['pairs'] } | undefined {
  const own = new Set(group.members.map(({ position }) => position))
  const weights = weightsIn(group, tensors)
  const [first] = weights
  if (!first || weights.length < 2) return undefined
  const bases = group.kind === 'unused' ? [`${group.before}block1.`] : basesOf(group, first, tensors, own)
  for (const base of bases) {
    const pairs = weights.flatMap(({ position, rest }) => {
      const other = bySqueezed.get(squeezed(base + rest))
      if (other === undefined || own.has(other) || taken.has(other)) return []
      return tensors[other]!.shape.join() === tensors[position]!.shape.join() ? [[position, other] as const] : []
    })
    if (pairs.length === weights.length) return { title: base.replace(/[./]$/, '') || 'the network beside it', pairs }
  }
  return undefined
}

/** Kernels of convolutions; where there are none, whatever has three dimensions. */
function weightsIn({ members }: Group, tensors: readonly NamedShape[]): Group['members'] {
  const kernels = members.filter(({ position }) => tensors[position]!.shape.length >= 4)
  return kernels.length > 0 ? kernels : members.filter(({ position }) => tensors[position]!.shape.length === 3)
}

/** Prefixes under which the first weight of a group occurs as well: the likeliest first. */
function basesOf(
  group: Group,
  first: Group['members'][number],
  tensors: readonly NamedShape[],
  own: ReadonlySet<number>,
): string[] {
  const ending = squeezed(first.rest)
  const shape = tensors[first.position]!.shape.join()
  const found = tensors.flatMap(({ name, shape: other }, k) => {
    if (own.has(k) || other.join() !== shape || !squeezed(name).endsWith(ending)) return []
    for (let length = 0; length <= name.length; length++)
      if (squeezed(name.slice(length)) === ending && (length === 0 || /[./_]/.test(name[length - 1]!)))
        return [name.slice(0, length)]
    return []
  })
  const isSister = (base: string): number => (base.startsWith(group.before) ? 0 : 1)
  // g_ema is the copy of g, and not of a d that is built alike.
  const word = squeezed(group.title.slice(group.before.length))
  const sharesWord = (base: string): number => {
    const own = squeezed(base.slice(group.before.length))
    return base.startsWith(group.before) && own !== '' && (word.startsWith(own) || word.endsWith(own)) ? 0 : 1
  }
  return [...new Set(found)]
    .sort((a, b) => sharesWord(a) - sharesWord(b) || isSister(a) - isSister(b) || a.length - b.length || (a < b ? -1 : 1))
    .slice(0, MOST_BASES)
}

/** The name of what a slot belongs to, and the slot's own. */
function splitLast(name: string): [base: string | undefined, last: string] {
  const bare = name.replace(/:\d+$/, '')
  const at = Math.max(bare.lastIndexOf('/'), bare.lastIndexOf('.'))
  return [at < 0 ? undefined : bare.slice(0, at), bare.slice(at + 1)]
}

/** A name without separators, as names are compared: some averages drop the dots, or write "_" for them. */
export function squeezed(name: string): string {
  return name.replaceAll(/[./_]/g, '')
}
