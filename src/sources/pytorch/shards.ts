import type { Input, RandomAccess } from '../../io/random-access.ts'
import { openParts, readShardIndex, ShardCheck } from '../shard-index.ts'
import type { Checkpoint } from './container.ts'
import type { Found, Network } from './networks.ts'
import { type TorchStorage, TorchTensor } from './values.ts'

/** How the shards of pytorch_model.bin.index.json end. */
export const TORCH_SHARD: RegExp = /\.(bin|pt|pth)$/

/** Shards seen as one checkpoint. */
export interface Shards {
  readonly checkpoint: Checkpoint
  readonly found: Found
  readonly parts: readonly RandomAccess[]
}

/**
 * Opens the shards that an index names; each is a checkpoint of its own with a part of the state dict. Storages are numbered in
 * each shard anew, so they are told apart by the shard.
 * @throws InputError
 */
export async function openTorchShards(
  input: Input,
  open: (access: RandomAccess) => Promise<{ checkpoint: Checkpoint; found: Found }>,
): Promise<Shards> {
  const index = (await readShardIndex(input.access, TORCH_SHARD))!
  const parts = await openParts(input, index)
  const check = new ShardCheck(input.access.name, index)
  const homes = new Map<TorchStorage, Checkpoint>()
  const networks = new Map<string, Network>()
  const skipped: Found['skipped'][number][] = []
  try {
    let number = 0
    for (const [file, part] of parts) {
      const { checkpoint, found } = await open(part)
      const shard = `${number++}/`
      const own = new Map<TorchStorage, TorchStorage>()
      const numbered = (storage: TorchStorage): TorchStorage => {
        let copy = own.get(storage)
        if (!copy) {
          copy = storage.renamed(shard + storage.key)
          own.set(storage, copy)
          homes.set(copy, { ...checkpoint, storage: () => checkpoint.storage(storage) })
        }
        return copy
      }
      for (const { key, isModule, tensors } of found.networks) {
        const taken = tensors.filter(({ name }) => check.take(name, file, part))
        const network = networks.get(key) ?? { key, isModule, tensors: [] }
        networks.set(key, network)
        for (const tensor of taken) {
          const { leaf } = tensor
          network.tensors.push(leaf instanceof TorchTensor ? { ...tensor, leaf: leaf.inStorage(numbered) } : tensor)
        }
      }
      for (const each of found.skipped) skipped.push(each)
    }
    check.finish()
  } catch (error) {
    for (const part of parts.values()) await part.close?.()
    throw error
  }
  return {
    checkpoint: { root: null, layout: 'zip', storage: (storage) => homes.get(storage)!.storage(storage) },
    found: { networks: [...networks.values()], skipped, masks: new Map() },
    parts: [...parts.values()],
  }
}
