import { WireCursor } from '../protobuf/wire.ts'
import type { Bundle } from './bundle.ts'
import { readObjectGraph, type SavedObject } from './object-graph.ts'

const OBJECT_GRAPH = '_CHECKPOINTABLE_OBJECT_GRAPH'
const VALUE = '/.ATTRIBUTES/VARIABLE_VALUE'
/** What optimisers and averages of TensorFlow 1 add to a variable's name. */
const SLOT =
  /(^|\/)(Adam(_\d+)?|AdamW?(eight)?(_\d+)?|Momentum(_\d+)?|RMSProp(_\d+)?|Adagrad(_\d+)?|Adadelta(_\d+)?|Ftrl(_\d+)?|LARS\w*|Lamb\w*|ExponentialMovingAverage|adam_[mv]|Nesterov\w*)(_\d+)?$/i
const OPTIMISER = /(^|\/)(_?optimizers?\w*|optimizer_\d+)\/|\/\.OPTIMIZER_SLOT\//i

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
    return this.#fullNames.get(key) ?? (key.endsWith(VALUE) ? key.slice(0, -VALUE.length) : key)
  }

  /** The key of the variable that was called so; undefined when none was, or several. */
  keyOf(name: string): string | undefined {
    return this.#keys.get(name)
  }

  /** True for what an optimiser remembers of a variable, and for its moving average. */
  isSlot(key: string): boolean {
    // Keras 3's optimisers also list the variables that they train.
    if (/(^|\/)_?trainable_variables\//.test(key)) return false
    return this.#slots.has(key) || OPTIMISER.test(key) || SLOT.test(key)
  }
}

/** The names that a checkpoint saved with itself, where it did. @throws InputError when they are damaged */
export async function checkpointNames(bundle: Bundle): Promise<CheckpointNames> {
  const access = await bundle.text(OBJECT_GRAPH)
  if (!access) return new CheckpointNames([])
  return new CheckpointNames(await readObjectGraph(new WireCursor(access), access.byteLength))
}
