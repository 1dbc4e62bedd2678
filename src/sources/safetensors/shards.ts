import type { Input } from '../../io/random-access.ts'
import { openParts, readShardIndex, ShardCheck } from '../shard-index.ts'
import type { Source } from '../source.ts'
import type { NamedTensor } from '../tensor-rules.ts'
import { readHeader } from './header.ts'
import { namedTensor, sourceOf } from './model.ts'

/** How the shards of model.safetensors.index.json end. */
export const SAFETENSORS_SHARD: RegExp = /\.safetensors$/

/** Reads every shard's header. The order is that of the shards' names, then of the bytes in them. @throws InputError */
export async function openSafetensorsShards(input: Input): Promise<Source> {
  const index = (await readShardIndex(input.access, SAFETENSORS_SHARD))!
  const parts = await openParts(input, index)
  const tensors: NamedTensor[] = []
  const check = new ShardCheck(input.access.name, index)
  let metadata: Readonly<Record<string, string>> = {}
  try {
    for (const [file, part] of parts) {
      const header = await readHeader(part)
      metadata = { ...header.metadata, ...metadata }
      for (const tensor of header.tensors)
        if (check.take(tensor.name, file, part)) tensors.push(namedTensor(tensor, part, header.metadata))
    }
    check.finish()
    return await sourceOf(input, tensors, metadata, [...parts.values()])
  } catch (error) {
    for (const part of parts.values()) await part.close?.()
    throw error
  }
}
