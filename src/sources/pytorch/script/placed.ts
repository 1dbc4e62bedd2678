import { rankDepths } from '../../depth.ts'
import type { Convolution, Skipped } from '../../source.ts'
import type { Checkpoint } from '../container.ts'
import type { Network } from '../networks.ts'
import { TorchTensor } from '../values.ts'
import { readScriptCode } from './code.ts'
import { type ScriptUse, scriptUses } from './flow.ts'

/** Convolutions as TorchScript's code runs them. */
export interface Placed {
  readonly convolutions: Convolution[]
  /** What the code says to be transposed. */
  readonly skipped: Skipped[]
}

/**
 * Gives the convolutions of a TorchScript module the depths that its code says. Undefined where the code is not there or cannot be followed
 * to every one of them: then the order is the one in which the module defines them.
 */
export async function placedByCode(
  { code, root, constants = [] }: Checkpoint,
  { tensors }: Network,
  convolutions: readonly Convolution[],
): Promise<Placed | undefined> {
  const files = await code?.()
  const uses = files && scriptUses(root, readScriptCode(files), constants)
  if (!uses) return undefined
  const firstUses = new Map<string, ScriptUse>()
  for (const use of uses) {
    const place = placeOf(use.weight)
    const known = firstUses.get(place)
    if (!known || use.depth < known.depth) firstUses.set(place, use)
  }
  const byName = new Map(tensors.map(({ name, leaf }) => [name, leaf]))
  const found: { readonly convolution: Convolution; readonly use: ScriptUse }[] = []
  for (const convolution of convolutions) {
    const leaf = byName.get(convolution.layer)
    const use = leaf instanceof TorchTensor ? firstUses.get(placeOf(leaf)) : undefined
    if (!use) return undefined
    found.push({ convolution, use })
  }
  const kept = found.filter(({ use }) => !use.isTransposed)
  const rank = rankDepths(kept.map(({ use }) => use.depth))
  return {
    convolutions: kept
      .map(({ convolution, use }) => ({ ...convolution, depth: use.depth, ...rank(use.depth) }))
      .sort((a, b) => a.depth - b.depth),
    skipped: found
      .filter(({ use }) => use.isTransposed)
      .map(({ convolution: { layer, shape } }) => ({
        name: layer,
        kind: 'ConvTranspose',
        shape,
        reason: 'transposed convolution',
      })),
  }
}

/** Tells one tensor from another: which elements of which storage. */
function placeOf({ storage, offset, shape, strides }: TorchTensor): string {
  return [storage.key, storage.start, offset, shape, strides].join('/')
}
