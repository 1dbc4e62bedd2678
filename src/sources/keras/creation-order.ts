/** A group of variables of a Keras 3 file, by what tells when it was written. */
export interface WrittenGroup {
  /** "layers/conv2d_1". */
  readonly group: string
  /** The layer's own name, where it stands beside its variables. */
  readonly title?: string | undefined
  /** The last address among its headers; 0 where it is not known. */
  readonly made: number
  /** Whether it holds a kernel: only the order of these matters. */
  readonly isKernel: boolean
}

interface Branch<T> {
  readonly name: string
  readonly members: Map<string, Branch<T>>
  own?: T
  made: number
  /** Smallest number in an automatic layer name of the file's commonest kind, below here. */
  counter: number
  kernels: number
}

/**
 * Groups in the order in which Keras wrote them, which is the order of the layers wherever they stand in a list
 * (Functional and Sequential models: layers/conv2d, layers/conv2d_1 …). HDF5 lists names by alphabet. What tells:
 *
 * - conv2d before conv2d_1 before conv2d_10 in one list: layers of a class are numbered as they come;
 * - between classes the addresses of headers in the file, which grow, but for holes that are filled later: of a layer's headers
 *   the last address counts, and a layer's is no smaller than that of the one before it in its class;
 * - attributes of a subclassed model (stem, blocks, head) are written by alphabet. Their layers' automatic names (conv2d_8,
 *   conv2d_9) count as they were made, which is usually the order of use.
 *
 * `isCertain` is false when layers with kernels are attributes, so that their order is that of creation or of names.
 */
export function creationOrder<T extends WrittenGroup>(groups: readonly T[]): { order: T[]; isCertain: boolean } {
  const base = commonestBase(groups)
  const root: Branch<T> = branch('')
  for (const one of groups) {
    const path = [root]
    for (const name of one.group.split('/')) {
      const above = path[path.length - 1]!
      const found = above.members.get(name) ?? branch<T>(name)
      above.members.set(name, found)
      path.push(found)
    }
    path[path.length - 1]!.own = one
    const counter = one.title !== undefined && seriesOf(one.title).base === base ? seriesOf(one.title).number : Infinity
    for (const at of path) {
      at.made = Math.max(at.made, one.made)
      at.counter = Math.min(at.counter, counter)
      if (one.isKernel) at.kernels++
    }
  }
  const order: T[] = []
  let isCertain = true
  const pending = [root]
  for (let at = pending.pop(); at; at = pending.pop()) {
    if (at.own) order.push(at.own)
    const members = [...at.members.values()]
    const isList = isListOf(at)
    if (!isList && members.filter(({ kernels }) => kernels > 0).length > 1) isCertain = false
    const sorted = isList
      ? inWritingOrder(members)
      : members.sort((a, b) => compare(a.counter, b.counter) || compare(a.made, b.made))
    for (const each of sorted.reverse()) pending.push(each)
  }
  return { order, isCertain }
}

function branch<T>(name: string): Branch<T> {
  return { name, members: new Map(), made: 0, counter: Infinity, kernels: 0 }
}

/** "conv2d_10": the eleventh of conv2d. */
function seriesOf(name: string): { base: string; number: number } {
  const last = name.lastIndexOf('_')
  const digits = last > 0 ? name.slice(last + 1) : ''
  return /^\d{1,15}$/.test(digits) ? { base: name.slice(0, last), number: Number(digits) } : { base: name, number: 0 }
}

/** What the automatic names of most layers with kernels begin with: "conv2d". */
function commonestBase(groups: readonly WrittenGroup[]): string | undefined {
  const counts = new Map<string, number>()
  for (const { title, isKernel } of groups) {
    if (title === undefined || !isKernel) continue
    const { base } = seriesOf(title)
    counts.set(base, (counts.get(base) ?? 0) + 1)
  }
  const [commonest] = [...counts].sort((a, b) => b[1] - a[1])
  return commonest?.[0]
}

/** A list of layers: Keras calls it so, or its members are one class, numbered without a gap. */
function isListOf<T>({ name, members }: Branch<T>): boolean {
  if (name === 'layers' || name === '_layer_checkpoint_dependencies') return true
  const series = [...members.keys()].map(seriesOf)
  const numbers = new Set(series.map(({ number }) => number))
  return (
    series.length > 1 &&
    series.every(({ base }) => base === series[0]!.base) &&
    series.every((_, k) => numbers.has(k)) &&
    members.has(series[0]!.base)
  )
}

function inWritingOrder<T>(members: readonly Branch<T>[]): Branch<T>[] {
  const placed = members.map((member) => ({ member, ...seriesOf(member.name), made: member.made }))
  placed.sort((a, b) => (a.base === b.base ? a.number - b.number : a.base < b.base ? -1 : 1))
  for (let k = 1; k < placed.length; k++)
    if (placed[k]!.base === placed[k - 1]!.base) placed[k]!.made = Math.max(placed[k]!.made, placed[k - 1]!.made)
  // The sort keeps what is equal in place, so each class stays in its order.
  return placed.sort((a, b) => a.made - b.made).map(({ member }) => member)
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
