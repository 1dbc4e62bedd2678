import { InputError } from '../../errors.ts'
import { byteText } from '../../io/byte-text.ts'
import type { RandomAccess } from '../../io/random-access.ts'
import { MsgpackCursor } from '../flax/msgpack.ts'
import { type FlaxArray, readArrays } from '../flax/tree.ts'
import { isRecord, readJson } from '../json-file.ts'
import type { ZarrArray } from './zarr-metadata.ts'

/** Names the arrays of a checkpoint and what kind of value each is. */
export const METADATA = '_METADATA'
/** The same of older ones, with small values in it. */
export const AGGREGATE = 'checkpoint'
export const MANIFEST_FILE = 'manifest.ocdbt'

const PLACEHOLDER = 'PLACEHOLDER://'
const MOST_ARRAYS = 200_000
const ARRAYS = new Set(['jax.Array', 'np.ndarray'])

/** What a checkpoint says of itself. */
export interface OrbaxItem {
  /** Paths of the tree, its keys joined by "/", by the names that arrays are stored under; those that must be there are marked. */
  readonly paths: ReadonlyMap<string, { readonly path: string; readonly isDue: boolean }>
  /** Arrays that an older checkpoint keeps in its own file. */
  readonly inline: readonly FlaxArray[]
  readonly isOcdbt?: boolean
  /** Whether every chunk is stored, those of zeros too. */
  readonly isWhole: boolean
}

/** An array of a checkpoint, wherever it lies. */
export interface OrbaxArray {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: string
  /** The name it is stored under, and how; absent when it lies in the aggregate file. */
  readonly stored?: { readonly key: string; readonly zarr: ZarrArray }
  readonly inline?: FlaxArray
}

/** Reads what describes a checkpoint, which lies beside its arrays. @throws InputError when it is damaged */
export async function readItem(metadata: RandomAccess | undefined, aggregate: RandomAccess | undefined): Promise<OrbaxItem> {
  if (metadata) return readMetadata(metadata)
  if (aggregate) return readAggregate(aggregate)
  return { paths: new Map(), inline: [], isWhole: false }
}

async function readMetadata(access: RandomAccess): Promise<OrbaxItem> {
  const json = await readJson(access)
  const tree = isRecord(json) ? json['tree_metadata'] : undefined
  if (!isRecord(json) || !isRecord(tree))
    throw new InputError(access.name, 'does not name the arrays of a checkpoint; it is damaged, get it again')
  const entries = Object.values(tree)
  if (entries.length > MOST_ARRAYS)
    throw new InputError(access.name, `names ${entries.length} values, more than any checkpoint has`)
  const paths = new Map<string, { path: string; isDue: boolean }>()
  for (const entry of entries) {
    const keys = isRecord(entry) && Array.isArray(entry['key_metadata']) ? entry['key_metadata'].map(keyOf) : []
    const value = isRecord(entry) && isRecord(entry['value_metadata']) ? entry['value_metadata'] : {}
    if (keys.length === 0 || keys.some((key) => key === undefined))
      throw new InputError(access.name, 'names an array by no path; it is damaged, get it again')
    const isDue = ARRAYS.has(String(value['value_type'])) && value['skip_deserialize'] !== true
    paths.set(keys.join('.'), { path: keys.join('/'), isDue })
  }
  const isOcdbt = json['use_ocdbt']
  return {
    paths,
    inline: [],
    ...(typeof isOcdbt === 'boolean' && { isOcdbt }),
    isWhole: json['store_array_data_equal_to_fill_value'] === true,
  }
}

function keyOf(json: unknown): string | undefined {
  const key = isRecord(json) ? json['key'] : undefined
  return typeof key === 'string' || typeof key === 'number' ? String(key) : undefined
}

/** The tree in MessagePack, with the names of arrays in the places of those that are stored by themselves. */
async function readAggregate(access: RandomAccess): Promise<OrbaxItem> {
  const paths = new Map<string, { path: string; isDue: boolean }>()
  const inline = await readArrays(new MsgpackCursor(access), (path, text) => {
    if (text.startsWith(PLACEHOLDER)) paths.set(text.slice(PLACEHOLDER.length), { path, isDue: true })
  })
  return { paths, inline, isWhole: false }
}

/** Whether the first bytes of a MessagePack file name an array that is stored by itself. */
export function namesPlaceholder(head: Uint8Array): boolean {
  return byteText(head).includes(PLACEHOLDER)
}

/** Paths without the "value" that every variable of Flax's nnx ends in. */
export function withoutValue(paths: readonly string[]): string[] {
  const all = new Set(paths)
  return paths.map((path) => {
    const bare = path.replace(/(?<=.)\/value$/, '')
    return bare !== path && !all.has(bare) ? bare : path
  })
}
