import type { Input } from '../../io/random-access.ts'
import { isShardIndex } from '../shard-index.ts'
import type { Source, SourceFormat } from '../source.ts'
import { looksLikeHeader, readHeader } from './header.ts'
import { namedTensor, sourceOf } from './model.ts'
import { openSafetensorsShards, SAFETENSORS_SHARD } from './shards.ts'

/** safetensors: one file, or shards named by model.safetensors.index.json. */
export const safetensors: SourceFormat = {
  name: 'safetensors',
  match: (head, input) => looksLikeHeader(head) || isShardIndex(head, input, SAFETENSORS_SHARD),
  async open(input) {
    const isSingle = looksLikeHeader(await input.access.read(0, Math.min(16, input.access.byteLength)))
    return isSingle ? openSingle(input) : openSafetensorsShards(input)
  },
}

async function openSingle(input: Input): Promise<Source> {
  const { tensors, metadata } = await readHeader(input.access)
  return sourceOf(
    input,
    tensors.map((tensor) => namedTensor(tensor, input.access, metadata)),
    metadata,
    [],
  )
}
