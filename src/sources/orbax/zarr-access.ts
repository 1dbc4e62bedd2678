import { InputError } from '../../errors.ts'
import type { InflatedCache } from '../../io/inflate.ts'
import { memoryAccess, type RandomAccess, requireRange } from '../../io/random-access.ts'
import { mostUnpacked, unpackChunk } from './packing.ts'
import type { Store } from './store.ts'
import { Grid } from './zarr-grid.ts'
import type { ZarrArray } from './zarr-metadata.ts'
import { shardReader } from './zarr-shard.ts'

/** Chunks of one array: beyond it, no array of a network is cut. */
const MOST_CHUNKS = 1 << 16
const LARGEST_CHUNK = 1 << 30
/** Zeros that nothing stored stands for. */
const MOST_MISSING = 1 << 28

/** An array whose chunks have been found. */
export interface OpenArray {
  /** Its elements in row-major order. */
  readonly access: RandomAccess
  /** Chunks that are not stored, and are zeros. */
  readonly missing: number
  /** Elements that are stored, and those of chunks beyond the edge. */
  readonly stored: number
}

/**
 * Finds the chunks of an array and gives its elements in order. Chunks are unpacked when they are read, and kept as long as `cache` has room.
 * `key`: the array's own, before those of its chunks. `lookups`: how many chunks may still be looked for in all.
 * @throws InputError when the array is larger than what is stored of it can be
 */
export async function zarrAccess(
  store: Store,
  key: string,
  array: ZarrArray,
  cache: InflatedCache,
  lookups: { left: number },
): Promise<OpenArray> {
  const { size, packing } = array
  // An array without axes is one element.
  const shape = array.shape.length === 0 ? [1] : array.shape
  const outer = new Grid(shape, array.shape.length === 0 ? [1] : array.grid, size)
  const grid = array.inside ? new Grid(shape, array.inside.grid, size) : outer
  const refused = (why: string): InputError => new InputError(key, why)
  for (const { chunks } of [outer, grid])
    if (chunks > MOST_CHUNKS) throw refused(`is cut into ${chunks} chunks, more than the ${MOST_CHUNKS} that are read`)
  if (grid.chunkBytes > LARGEST_CHUNK)
    throw refused(`is stored in chunks of ${grid.chunkBytes} bytes, and more than ${LARGEST_CHUNK} are not unpacked at once`)
  const stored: (RandomAccess | undefined)[] = []
  let most = 0
  let missing = 0
  for (let k = 0; k < outer.chunks; k++) {
    if (--lookups.left < 0) throw refused('belongs to a checkpoint of more chunks than any network has')
    const chunk = await store.get(`${key}/${array.keyOf(array.shape.length === 0 ? [] : outer.indexOf(k))}`)
    stored.push(chunk)
    if (chunk) most += mostUnpacked(chunk.byteLength, packing)
    else missing++
  }
  if (missing > 0 && !array.isFilledWithZeros)
    throw refused(`lacks ${missing} of ${outer.chunks} chunks; the checkpoint is not complete, get it again`)
  const needed = outer.byteLength
  if (needed > most + Math.min(MOST_MISSING, missing * outer.chunkBytes))
    throw refused(`claims ${needed} bytes, which what is stored of it cannot hold; the checkpoint is damaged, get it again`)
  const [only] = stored
  const isAsItIs = outer.chunks === 1 && only && packing.length === 0 && !array.inside && needed === outer.chunkBytes
  if (isAsItIs) {
    if (only.byteLength !== needed)
      throw new InputError(only.name, `has ${only.byteLength} bytes where ${needed} are due; it is damaged`)
    return { access: only, missing, stored: needed / size }
  }
  const inShards = array.inside && shardReader(array.inside, outer, grid)
  const zeros = memoryAccess(key, new Uint8Array(missing > 0 || inShards ? grid.chunkBytes : 0))
  const unpackedChunk = async (k: number): Promise<Uint8Array> => {
    const chunk = inShards ? await inShards(stored, k) : stored[k]
    return chunk ? unpackChunk(chunk, packing, grid.chunkBytes) : zeros.read(0, grid.chunkBytes)
  }
  return {
    access: {
      name: key,
      byteLength: needed,
      async read(offset, length, into) {
        requireRange(key, needed, offset, length)
        const out = into ? into.subarray(0, length) : new Uint8Array(length)
        for (let k = 0; k < grid.chunks; k++) {
          if (!grid.copy(k, undefined, offset, out)) continue
          grid.copy(k, await cache.get(`${key}#${k}`, grid.chunkBytes, () => unpackedChunk(k)), offset, out)
        }
        return out
      },
    },
    missing,
    stored: ((outer.chunks - missing) * outer.chunkBytes) / size,
  }
}
