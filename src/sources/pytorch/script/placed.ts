import type { ConvShape } from '../../../weights/plan.ts'
import { rankDepths } from '../../depth.ts'
import { computedStored } from '../../onnx/evaluate/expressions.ts'
import type { Convolution, Skipped } from '../../source.ts'
import type { Checkpoint } from '../container.ts'
import type { Network } from '../networks.ts'
import { TorchTensor } from '../values.ts'
import { readScriptCode } from './code.ts'
import { ScriptWeights, tensorsBehind } from './computed.ts'
import { type ScriptMade, type ScriptUse, scriptUses } from './flow.ts'

/** Convolutions as TorchScript's code runs them. */
export interface Placed {
  readonly convolutions: Convolution[]
  /** What the code says to be transposed. */
  readonly skipped: Skipped[]
}

/**
 * Gives the convolutions of a TorchScript module the depths that its code says, and those whose weights the code computes their weights.
 * Undefined where the code is not there or cannot be followed to every one of them: then the order is the one in which the module defines
 * them.
 */
export async function placedByCode(
  checkpoint: Checkpoint,
  file: string,
  { tensors }: Network,
  convolutions: readonly Convolution[],
): Promise<Placed | undefined> {
  const { code, root, constants = [] } = checkpoint
  const files = await code?.()
  const uses = files && scriptUses(root, readScriptCode(files), constants)
  if (!uses) return undefined
  const names = new Map<string, string>()
  for (const { name, leaf } of tensors)
    if (leaf instanceof TorchTensor && !names.has(placeOf(leaf))) names.set(placeOf(leaf), name)
  const stored = new Map<string, ScriptUse>()
  const made = new Map<ScriptMade, MadeUse>()
  for (const use of uses) {
    const { weight } = use
    if (!weight) continue
    if (weight instanceof TorchTensor) keepFirst(stored, placeOf(weight), use)
    else keepFirst(made, weight.made, { ...use, weight })
  }
  const nameOf = (tensor: TorchTensor): string => names.get(placeOf(tensor)) ?? 'a constant'
  const computed = await computedLayers(checkpoint, file, tensors, [...made.values()], nameOf)
  const byName = new Map(tensors.map(({ name, leaf }) => [name, leaf]))
  const found: Found[] = [...computed.found]
  for (const convolution of convolutions) {
    const leaf = byName.get(convolution.layer)
    const use = leaf instanceof TorchTensor ? stored.get(placeOf(leaf)) : undefined
    if (use) found.push({ convolution, use })
    else if (!computed.parts.has(convolution.layer)) return undefined
  }
  const kept = found.filter(({ use }) => !use.isTransposed)
  const rank = rankDepths(kept.map(({ use }) => use.depth))
  const transposed = found.filter(({ use }) => use.isTransposed)
  return {
    convolutions: kept
      .map(({ convolution, use }) => ({ ...convolution, depth: use.depth, ...rank(use.depth) }))
      .sort((a, b) => a.depth - b.depth),
    skipped: [
      ...computed.skipped,
      ...transposed.map(({ convolution: { layer, shape } }) => ({
        name: layer,
        kind: 'ConvTranspose',
        shape,
        reason: 'transposed convolution',
      })),
    ],
  }
}

type MadeUse = ScriptUse & { readonly weight: { readonly made: ScriptMade; readonly output: number } }

interface Found {
  readonly convolution: Omit<Convolution, 'depth' | 'conv_depth' | 'conv_depth_norm'>
  readonly use: Pick<ScriptUse, 'depth' | 'isTransposed'>
}

/** The use that is nearest to the inputs. */
function keepFirst<Key, Use extends ScriptUse>(uses: Map<Key, Use>, key: Key, use: Use): void {
  const known = uses.get(key)
  if (!known || use.depth < known.depth) uses.set(key, use)
}

/** Convolutions whose weights the code computes, and the names of all tensors that these are computed from, as parts and as wholes. */
async function computedLayers(
  checkpoint: Checkpoint,
  file: string,
  tensors: Network['tensors'],
  uses: readonly MadeUse[],
  nameOf: (tensor: TorchTensor) => string,
): Promise<{ readonly found: readonly Found[]; readonly skipped: readonly Skipped[]; readonly parts: ReadonlySet<string> }> {
  const parts = new Set<string>()
  const found = new Map<string, Found>()
  const skipped: Skipped[] = []
  const bytes = tensors.reduce((sum, { leaf }) => sum + (leaf instanceof TorchTensor ? leaf.count * leaf.type.bytes : 0), 0)
  const weights = new ScriptWeights(checkpoint, file, bytes, nameOf)
  for (const use of uses) {
    const behind = [...tensorsBehind(use.weight.made)].sort((a, b) => b.count - a.count)
    for (const tensor of behind) for (const name of [nameOf(tensor), wholeName(nameOf(tensor))]) parts.add(name)
    const [main] = behind
    const name = wholeName(main ? nameOf(main) : 'a constant')
    const computed = await weights.find(use.weight)
    const plan = typeof computed === 'string' ? computed : computedStored(computed)
    const shape = typeof computed === 'string' ? (main?.shape ?? []) : computed.dims
    if (typeof plan === 'string' || 'unsupported' in plan) {
      const reason = typeof plan === 'string' ? plan : `computed as ${plan.unsupported}`
      skipped.push({ name, kind: 'Conv', shape, reason })
    } else if (shape.length === 4 && !found.has(name)) {
      // Groups stand in the code and are no part of any metric.
      const convolution = { layer: name, shape: shape as unknown as ConvShape, groups: 1, weights: plan }
      found.set(name, { convolution, use })
    }
  }
  return { found: [...found.values()], skipped, parts }
}

/** "conv.weight" of "conv.parametrizations.weight.original1", "conv.weight_v" or "conv.weight_orig". */
function wholeName(part: string): string {
  return part.replace(/parametrizations\.(\w+)\.original\d?$/, '$1').replace(/_(orig|v)$/, '')
}

/** Tells one tensor from another: which elements of which storage. */
function placeOf({ storage, offset, shape, strides }: TorchTensor): string {
  return [storage.key, storage.start, offset, shape, strides].join('/')
}
