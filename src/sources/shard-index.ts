import { InputError } from '../errors.ts'
import type { Input, RandomAccess } from '../io/random-access.ts'
import { parsedJson } from './json-text.ts'
import { requireInside } from './part-path.ts'
import { duplicateKey } from './safetensors/json-keys.ts'

const LARGEST_INDEX = 64 * 1024 * 1024
const MOST_SHARDS = 10_000

/** Tensor name → the shard that holds it, as Hugging Face's `….index.json` says. */
export type ShardIndex = ReadonlyMap<string, string>

/** True for a JSON object with a weight_map, near its beginning, whose files end like this. */
export async function isShardIndex(head: Uint8Array, input: Input, ending: RegExp): Promise<boolean> {
  if (head[0] !== 0x7b || !new TextDecoder().decode(head).includes('"weight_map"') || input.access.byteLength > LARGEST_INDEX)
    return false
  return (await readShardIndex(input.access, ending)) !== undefined
}

/** The index; undefined when the file is none, or one of shards that end otherwise. @throws InputError when it is damaged */
export async function readShardIndex(access: RandomAccess, ending: RegExp): Promise<ShardIndex | undefined> {
  const text = new TextDecoder().decode(await access.read(0, access.byteLength))
  let json: unknown
  try {
    json = parsedJson(text)
  } catch (error) {
    throw new InputError(access.name, 'is an index of shards that is no valid JSON; get it again', { cause: error })
  }
  const map = (json as { weight_map?: unknown }).weight_map
  if (typeof map !== 'object' || map === null) return undefined
  const entries = Object.entries(map)
  if (entries.length === 0 || !entries.every((entry): entry is [string, string] => isShard(entry[1], ending))) return undefined
  const repeated = duplicateKey(text)
  if (repeated !== undefined) throw new InputError(access.name, `names ${repeated} twice; such an index is refused`)
  return new Map(entries)
}

function isShard(file: unknown, ending: RegExp): boolean {
  return typeof file === 'string' && ending.test(file)
}

/** Opens the shards, in the order of their names; a failure closes those that are open. @throws InputError when one is missing */
export async function openParts({ access, folder }: Input, index: ShardIndex): Promise<Map<string, RandomAccess>> {
  const files = [...new Set(index.values())].sort()
  if (files.length > MOST_SHARDS) throw new InputError(access.name, `names ${files.length} shards, more than ${MOST_SHARDS}`)
  for (const file of files) requireInside(access.name, file)
  const parts = new Map<string, RandomAccess>()
  try {
    for (const file of files) {
      const part = await folder.open(file)
      if (!part)
        throw new InputError(
          access.name,
          `names the shard ${file}, which is not beside it; put it there, or give its whole folder`,
        )
      parts.set(file, part)
    }
    return parts
  } catch (error) {
    for (const part of parts.values()) await part.close?.()
    throw error
  }
}

/** Notes which tensors the shards hold, against what the index says. */
export class ShardCheck {
  readonly #index: ShardIndex
  readonly #name: string
  readonly #found = new Set<string>()

  constructor(name: string, index: ShardIndex) {
    this.#name = name
    this.#index = index
  }

  /** @returns false when the index says that the tensor is to be taken from another shard. @throws InputError when it does not list it */
  take(tensor: string, file: string, part: RandomAccess): boolean {
    const home = this.#index.get(tensor)
    if (home === undefined) throw new InputError(part.name, `holds the tensor ${tensor}, which ${this.#name} does not list`)
    if (home !== file) return false
    this.#found.add(tensor)
    return true
  }

  /** @throws InputError when a tensor is listed and was not found */
  finish(): void {
    for (const [tensor, file] of this.#index)
      if (!this.#found.has(tensor))
        throw new InputError(this.#name, `lists the tensor ${tensor} in ${file}, which does not hold it`)
  }
}
