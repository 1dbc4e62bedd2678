import { InputError } from '../../errors.ts'
import type { Input, RandomAccess } from '../../io/random-access.ts'
import { requireInside } from '../part-path.ts'
import type { Source } from '../source.ts'
import type { NamedTensor } from '../tensor-rules.ts'
import { readHeader } from './header.ts'
import { duplicateKey } from './json-keys.ts'
import { namedTensor, sourceOf } from './model.ts'

const LARGEST_INDEX = 64 * 1024 * 1024
const MOST_SHARDS = 10_000

/** True for a JSON object with a weight_map, near its beginning, whose files are safetensors. */
export async function isShardIndex(head: Uint8Array, input: Input): Promise<boolean> {
  if (head[0] !== 0x7b || !new TextDecoder().decode(head).includes('"weight_map"') || input.access.byteLength > LARGEST_INDEX)
    return false
  return (await readIndex(input)) !== undefined
}

/** Reads every shard's header. The order is that of the shards' names, then of the bytes in them. @throws InputError */
export async function openShards(input: Input): Promise<Source> {
  const { access, folder } = input
  const map = (await readIndex(input))!
  const files = [...new Set(map.values())].sort()
  if (files.length > MOST_SHARDS) throw new InputError(access.name, `names ${files.length} shards, more than ${MOST_SHARDS}`)
  for (const file of files) requireInside(access.name, file)
  const parts: RandomAccess[] = []
  const tensors: NamedTensor[] = []
  const found = new Set<string>()
  let metadata: Readonly<Record<string, string>> = {}
  try {
    for (const file of files) {
      const part = await folder.open(file)
      if (!part)
        throw new InputError(
          access.name,
          `names the shard ${file}, which is not beside it; put it there, or give its whole folder`,
        )
      parts.push(part)
      const header = await readHeader(part)
      metadata = { ...header.metadata, ...metadata }
      for (const tensor of header.tensors) {
        const home = map.get(tensor.name)
        if (home === undefined)
          throw new InputError(part.name, `holds the tensor ${tensor.name}, which ${access.name} does not list`)
        if (home !== file) continue
        found.add(tensor.name)
        tensors.push(namedTensor(tensor, part, header.metadata))
      }
    }
    for (const [name, file] of map)
      if (!found.has(name)) throw new InputError(access.name, `lists the tensor ${name} in ${file}, which does not hold it`)
    return sourceOf(input, tensors, metadata, parts)
  } catch (error) {
    for (const part of parts) await part.close?.()
    throw error
  }
}

/** Tensor name → shard; undefined when the file is no shard index. */
async function readIndex({ access }: Input): Promise<Map<string, string> | undefined> {
  const text = new TextDecoder().decode(await access.read(0, access.byteLength))
  if (!text.includes('.safetensors')) return undefined
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new InputError(access.name, 'is an index of shards that is no valid JSON; get it again', { cause: error })
  }
  const map = (json as { weight_map?: unknown }).weight_map
  if (typeof map !== 'object' || map === null) return undefined
  const entries = Object.entries(map)
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].endsWith('.safetensors')))
    return undefined
  const repeated = duplicateKey(text)
  if (repeated !== undefined) throw new InputError(access.name, `names ${repeated} twice; such an index is refused`)
  return new Map(entries)
}
