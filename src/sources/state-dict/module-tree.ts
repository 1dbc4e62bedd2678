/** A tensor's name and shape, (out, in per group, rows, columns) for a convolution. */
export interface NamedShape {
  readonly name: string
  readonly shape: readonly number[]
}

/** A module in the tree that the names form. */
export interface ModuleNode {
  /** Its last part: "conv1". */
  readonly part: string
  readonly children: Map<string, ModuleNode>
  /** Position of the tensors that have just this name. */
  readonly own: number[]
  /** Smallest output of the convolutions below; for the direction of numbered decoder steps. */
  width: number
  /** Largest input of the convolutions below, and how many there are: for sequences that alternate. */
  widest: number
  convolutions: number
}

/** A longer name is no path that anybody wrote. */
const LONGEST_PATH = 1000

export function partsOf(name: string): string[] {
  return name.length > LONGEST_PATH ? [name] : name.replace(/:\d{1,9}$/, '').split(/[./]/)
}

/** The tree of modules that the names of tensors form; its root is the network. */
export function treeOf(tensors: readonly NamedShape[]): ModuleNode {
  const node = (part: string): ModuleNode => ({
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

/** "layer_3" as its word and number. */
export function numbered(part: string): { word: string; number: number } | undefined {
  let digits = part.length
  while (digits > 0 && part[digits - 1]! >= '0' && part[digits - 1]! <= '9') digits--
  const word = part.slice(0, part[digits - 1] === '_' ? digits - 1 : digits).toLowerCase()
  return digits < part.length && word !== '' ? { word, number: Number(part.slice(digits)) } : undefined
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
export function compareParts(a: string, b: string): number {
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
