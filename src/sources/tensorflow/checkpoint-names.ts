import { WireCursor } from '../protobuf/wire.ts'
import type { Bundle } from './bundle.ts'
import { readObjectGraph, type SavedObject } from './object-graph.ts'

const OBJECT_GRAPH = '_CHECKPOINTABLE_OBJECT_GRAPH'
const VALUE = '/.ATTRIBUTES/VARIABLE_VALUE'
/** What optimisers and averages of TensorFlow 1 add to a variable's name. */
const SLOT =
  /(^|\/)(Adam(_\d+)?|AdamW?(eight)?(_\d+)?|Momentum(_\d+)?|RMSProp(_\d+)?|Adagrad(_\d+)?|Adadelta(_\d+)?|Ftrl(_\d+)?|LARS\w*|Lamb\w*|ExponentialMovingAverage|adam_[mv]|Nesterov\w*)(_\d+)?$/i
const OPTIMISER = /(^|\/)(\w{0,40}_?optimizers?\w*|optimizer_\d+)\/|\/\.OPTIMIZER_SLOT\//i

const OPTIMISER_OBJECT = /optimizer/i

/** A key as the path of attributes that leads to the variable: "model/stem/_kernel". */
export function pathOf(key: string): string {
  return key.endsWith(VALUE) ? key.slice(0, -VALUE.length) : key
}

/** What the tensors of a checkpoint are called, and which of them are no weights. */
export class CheckpointNames {
  readonly objects: readonly SavedObject[]
  readonly #fullNames = new Map<string, string>()
  readonly #keys = new Map<string, string | undefined>()
  readonly #slots = new Set<string>()

  constructor(objects: readonly SavedObject[]) {
    this.objects = objects
    const slots = new Set(objects.flatMap((object) => object.slots))
    for (const [node, { tensors }] of objects.entries())
      for (const { fullName, key } of tensors) {
        if (fullName !== '') {
          this.#fullNames.set(key, fullName)
          this.#keys.set(fullName, this.#keys.has(fullName) ? undefined : key)
        }
        if (slots.has(node)) this.#slots.add(key)
      }
  }

  /** What a variable was called where it was made; its key where nothing tells. */
  nameOf(key: string): string {
    return this.#fullNames.get(key) ?? pathOf(key)
  }

  /** The key of the variable that was called so; undefined when none was, or several. */
  keyOf(name: string): string | undefined {
    return this.#keys.get(name)
  }

  /**
   * What the program called the objects that hold these variables, where it saved several networks side by side, as `student` and
   * `teacher`: each holds at least two of them. Undefined where it did not, or where deeper down no names are the same.
   */
  ownersOf(keys: readonly string[]): ReadonlyMap<string, string> | undefined {
    const haveOneName = new Set(keys.map((key) => this.nameOf(key))).size < keys.length
    let node = 0
    for (let depth = 0; depth < DEEPEST_OWNER && (depth === 0 || haveOneName); depth++) {
      const owners = keysBelow(this.objects, node)
      const counts = new Map<string, number>()
      for (const key of keys) {
        const owner = owners.get(key)
        if (owner === undefined) return undefined
        counts.set(owner, (counts.get(owner) ?? 0) + 1)
      }
      const [only, ...others] = counts.keys()
      if (only === undefined) return undefined
      if (others.length > 0) return [...counts.values()].every((count) => count > 1) ? owners : undefined
      node = this.objects[node]!.children.get(only)!
    }
    return undefined
  }

  /** True for what an optimiser remembers of a variable, and for its moving average. */
  isSlot(key: string): boolean {
    // Keras 3's optimisers also list the variables that they train.
    if (/(^|\/)_?trainable_variables\//.test(key)) return false
    return this.#slots.has(key) || OPTIMISER.test(key) || SLOT.test(key)
  }
}

/** Objects that a program saves side by side: more are no networks of one. */
const MOST_OWNERS = 64
const DEEPEST_OWNER = 8

/** Keys below an object's children, optimisers apart: of each key the first child that leads to it. Attributes with names of their own first. */
function keysBelow(objects: readonly SavedObject[], node: number): Map<string, string> {
  const owners = new Map<string, string>()
  const children = [...(objects[node]?.children ?? [])].filter(([name]) => !OPTIMISER_OBJECT.test(name))
  children.sort(([a], [b]) => Number(a.startsWith('_')) - Number(b.startsWith('_')))
  for (const [owner, start] of children.slice(0, MOST_OWNERS)) {
    const seen = new Set([start])
    // What is added while it is walked is walked too.
    for (const one of seen) {
      const object = objects[one]
      for (const { key } of object?.tensors ?? []) if (!owners.has(key)) owners.set(key, owner)
      for (const [name, child] of object?.children ?? []) if (!OPTIMISER_OBJECT.test(name)) seen.add(child)
    }
  }
  return owners
}

/** The names that a checkpoint saved with itself, where it did. @throws InputError when they are damaged */
export async function checkpointNames(bundle: Bundle): Promise<CheckpointNames> {
  const access = await bundle.text(OBJECT_GRAPH)
  if (!access) return new CheckpointNames([])
  return new CheckpointNames(await readObjectGraph(new WireCursor(access), access.byteLength))
}
