import { PyObject, type PyValue } from '../pickle/values.ts'
import type { Leaf } from './plan.ts'

/** Masks that a sparsifier of torch.ao.pruning keeps, by the name of the weight that each is for: "layer1.0.conv.weight". */
export type Masks = ReadonlyMap<string, Leaf>

/**
 * The masks in the state of a sparsifier, {"state": {name: {"mask": tensor}}, "groups": […]}; undefined for anything else. A module's own
 * state_dict leaves them out, so a checkpoint that has them has them here.
 */
export function sparsifierMasks(value: PyValue, isLeaf: (value: PyValue) => value is Leaf): Masks | undefined {
  const state = entriesOf(entriesOf(value)?.get('state'))
  if (!state || !entriesOf(value)?.has('groups')) return undefined
  const masks = new Map<string, Leaf>()
  for (const [name, kept] of state) {
    const mask = entriesOf(kept)?.get('mask')
    if (typeof name === 'string' && mask !== undefined && isLeaf(mask)) masks.set(name, mask)
  }
  return masks.size > 0 ? masks : undefined
}

function entriesOf(value: PyValue | undefined): Map<PyValue, PyValue> | undefined {
  if (value instanceof Map) return value
  return value instanceof PyObject ? (value.entries ?? value.attributes) : undefined
}

/** A tensor of a network by its name. */
interface NamedLeaf {
  readonly name: string
  readonly leaf: Leaf
}

/** A network's tensors, and beside each parametrised weight that has no mask among them the one of the sparsifier. */
export function withMasks<T extends NamedLeaf>(tensors: readonly T[], masks: Masks, wrapper: string): readonly (T | NamedLeaf)[] {
  if (masks.size === 0) return tensors
  const steps = new Set(tensors.map(({ name }) => name.slice(0, name.lastIndexOf('.'))))
  const names = new Set(tensors.map(({ name }) => name))
  return tensors.flatMap((tensor) => {
    const prefix = tensor.name.endsWith(ORIGINAL) ? tensor.name.slice(0, 1 - ORIGINAL.length) : ''
    const at = prefix.lastIndexOf(PARAMETRISED)
    if (at < 0) return [tensor]
    const weight = prefix.slice(0, at) + prefix.slice(at + PARAMETRISED.length, -1)
    const mask = masks.get(weight) ?? masks.get(weight.slice(wrapper.length))
    if (mask?.shape.join() !== tensor.leaf.shape.join()) return [tensor]
    // Its number is the one that no other step has.
    let step = 0
    for (; steps.has(prefix + step); step++) if (names.has(`${prefix}${step}.mask`)) return [tensor]
    return [tensor, { name: `${prefix}${step}.mask`, leaf: mask }]
  })
}

const PARAMETRISED = 'parametrizations.'
const ORIGINAL = '.original'
