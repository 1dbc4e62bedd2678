import type { WeightPlan } from '../weights/plan.ts'
import type { Unsupported } from './file-tensors.ts'
import { convKernel, depthwiseKernel, type KernelLayout } from './hwio.ts'
import type { Placement, Skipped } from './source.ts'
import { type NamedTensor, placeInFileOrder, type StateDictCensus, stateDictConvolutions, type Unplaced } from './tensor-rules.ts'

/** What a layer or operator does with a 4-D tensor, where the file says. */
export type KernelRole =
  | {
      readonly use: 'convolution' | 'depthwise'
      readonly groups?: number
      readonly placement?: Placement
      readonly node?: string
      readonly bias?: string
    }
  | { readonly use: 'none'; readonly kind: string; readonly reason: string }

/** A tensor in TensorFlow's layout: rows, columns, input channels, output channels. */
export interface HwioTensor {
  readonly name: string
  /** As stored. */
  readonly shape: readonly number[]
  readonly stored: Omit<WeightPlan, 'strides'> | Unsupported
  /** Absent when the file has no topology, or one that does not mention the tensor: its name and shape decide. */
  readonly role?: KernelRole | undefined
  /** The name to judge by where the tensor's own says nothing: "layers/up/kernel" for "layers/up/vars/0". */
  readonly ruleName?: string
}

/**
 * Which tensors are 2-D convolutions, and how each is read as (out, in per group, rows, columns). `tensors` in the file's
 * order, which is the depth. Tensors with fewer than three dimensions are not listed. `isDistinct`: second copies have been left out.
 */
export function hwioCensus(tensors: readonly HwioTensor[], isDistinct = false): StateDictCensus {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]))
  const undecided = stateDictConvolutions(
    tensors.filter((tensor) => !tensor.role).map((tensor) => kernelOf({ ...tensor, name: tensor.ruleName ?? tensor.name })),
    { parts: 1, isDistinct },
  )
  const byRule = new Map<string, Unplaced | Skipped>()
  for (const convolution of undecided.convolutions) byRule.set(convolution.layer, convolution)
  for (const item of undecided.skipped) byRule.set(item.name, item)

  const kept: Unplaced[] = []
  const skipped: Skipped[] = []
  for (const tensor of tensors) {
    const { name, shape, role } = tensor
    const verdict = role ? decided(tensor, role, byName) : byRule.get(tensor.ruleName ?? name)
    if (!verdict || (shape.length < 3 && shape.length > 0 && 'reason' in verdict)) continue
    if ('reason' in verdict) skipped.push({ ...verdict, name, shape })
    else kept.push({ ...verdict, layer: name })
  }
  // Where no role is known, nothing but names and order tells the depth, as in any state dict.
  const isByNames = undecided.depth_source === 'names' && tensors.every(({ role }) => !role)
  if (isByNames) {
    const order = new Map(undecided.convolutions.map(({ layer }, k) => [layer, k]))
    const rule = new Map(tensors.map(({ name, ruleName = name }) => [name, ruleName]))
    kept.sort((a, b) => order.get(rule.get(a.layer)!)! - order.get(rule.get(b.layer)!)!)
  }
  return {
    convolutions: placeInFileOrder(kept),
    skipped,
    warnings: undecided.warnings,
    depth_source: isByNames ? 'names' : 'order',
  }
}

function decided(
  { name, shape, stored }: HwioTensor,
  role: KernelRole,
  byName: ReadonlyMap<string, HwioTensor>,
): Unplaced | Skipped {
  if (role.use === 'none') return { name, kind: role.kind, shape, reason: role.reason }
  if (shape.length !== 4) return { name, kind: 'Conv', shape, reason: `a ${shape.length}-D kernel` }
  if (shape.includes(0)) return { name, kind: 'Conv', shape, reason: 'empty' }
  if ('unsupported' in stored)
    return { name, kind: 'Conv', shape, reason: `stored as ${stored.unsupported}, which is not read as weights` }
  const { shape: oihw, strides, groups } = role.use === 'depthwise' ? depthwiseKernel(shape) : convKernel(shape, role.groups)
  const bias = role.bias === undefined ? undefined : byName.get(role.bias)
  return {
    layer: name,
    ...(role.node !== undefined && { node: role.node }),
    shape: oihw,
    groups,
    weights: { ...stored, strides },
    ...(role.placement && { placement: role.placement }),
    ...(bias && !('unsupported' in bias.stored) && bias.shape.length === 1 && bias.shape[0] === oihw[0] && { bias: bias.stored }),
  }
}

/** A tensor with its kernel as (out, in per group, rows, columns), as far as its role or its name tells. */
export function kernelOf({ name, shape, stored, role }: HwioTensor): NamedTensor {
  if (shape.length !== 4) return { name, shape, weights: stored }
  const isDepthwise = role ? role.use === 'depthwise' : /depthwise/i.test(name.slice(name.lastIndexOf('/') + 1))
  const layout: KernelLayout = isDepthwise ? depthwiseKernel(shape) : convKernel(shape)
  return { name, shape: layout.shape, weights: 'unsupported' in stored ? stored : { ...stored, strides: layout.strides } }
}
