import type { ModuleRole, NamedTensor } from '../state-dict/named-tensor.ts'
import { isScaleName } from '../state-dict/parametrised.ts'
import type { Checkpoint } from './container.ts'
import type { FoundTensor, ModuleFacts } from './networks.ts'
import { torchPlan } from './plan.ts'

/** Small tensors that a weight may be put together with: weight_g, weight_u, original0, 0._v. */
const PART = /(_[guv]|\.original0)$/

/** A tensor of a checkpoint as state dicts are judged: only what may be a weight, or a part of one, is looked for in the file. @throws InputError */
export async function plannedTensor(
  checkpoint: Checkpoint,
  file: string,
  { name, leaf, module }: FoundTensor,
): Promise<NamedTensor> {
  const isPart = leaf.shape.length <= 2 && (PART.test(name) || isScaleName(name.slice(name.lastIndexOf('.') + 1)))
  const isPlanned = leaf.shape.length === 4 || (leaf.shape.length === 5 && leaf.shape[0] === 1) || isPart
  const weights = isPlanned ? await torchPlan(checkpoint, file, name, leaf) : { unsupported: leafTypeName(leaf) }
  const role = module?.kind.endsWith('2d') && leaf.shape.length === 4 && roleOf(module)
  return { name, shape: leaf.shape, weights, ...(role && { module: role }) }
}

function roleOf({ kind, groups, placement }: ModuleFacts): ModuleRole {
  return { transposed: kind.startsWith('ConvTranspose'), groups, ...(placement && { placement }) }
}

/** The element type as messages call it: "float16", "NumPy f". */
export function leafTypeName(leaf: { type: { name?: string; kind?: string } }): string {
  return leaf.type.name ?? `NumPy ${leaf.type.kind}`
}
