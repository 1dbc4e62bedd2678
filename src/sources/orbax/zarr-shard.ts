import { InputError } from '../../errors.ts'
import { type RandomAccess, sliceAccess } from '../../io/random-access.ts'
import { unpackChunk } from './packing.ts'
import type { Grid } from './zarr-grid.ts'
import type { ZarrArray } from './zarr-metadata.ts'

// A shard of zarr 3 holds chunks in any order, and an index at its end or start: for each chunk where it begins and how many bytes it has,
// eight bytes each; all bits set for one that is not stored.

const ENTRY_BYTES = 16
const CRC_BYTES = 4

/** Finds a chunk inside the shards of an array: a function of the shards, in the order of their grid, and the chunk's number in its own. */
export function shardReader(
  { indexPacking, isIndexFirst, grid: sides }: NonNullable<ZarrArray['inside']>,
  outer: Grid,
  inner: Grid,
): (shards: readonly (RandomAccess | undefined)[], chunk: number) => Promise<RandomAccess | undefined> {
  const perAxis = outer.sides.map((side, axis) => side / (sides[axis] ?? 1))
  const perShard = perAxis.reduce((product, n) => product * n, 1)
  const indexBytes = perShard * ENTRY_BYTES
  const storedBytes = indexBytes + CRC_BYTES * indexPacking.length
  const indexes = new Map<RandomAccess, Promise<DataView>>()
  const readIndex = async (shard: RandomAccess): Promise<DataView> => {
    if (shard.byteLength < storedBytes)
      throw new InputError(shard.name, `is too short for the index of its ${perShard} chunks; it is damaged, get it again`)
    const stored = sliceAccess(shard, isIndexFirst ? 0 : shard.byteLength - storedBytes, storedBytes)
    const bytes = await unpackChunk(stored, indexPacking, indexBytes)
    return new DataView(bytes.buffer, bytes.byteOffset, indexBytes)
  }
  return async (shards, chunk) => {
    const place = inner.indexOf(chunk)
    const shard = shards[outer.numberOf(place.map((n, axis) => Math.floor(n / perAxis[axis]!)))]
    if (!shard) return undefined
    let index = indexes.get(shard)
    if (!index) indexes.set(shard, (index = readIndex(shard)))
    const number = place.reduce((sum, n, axis) => sum * perAxis[axis]! + (n % perAxis[axis]!), 0)
    const view = await index
    const [offset, length] = [view.getBigUint64(number * ENTRY_BYTES, true), view.getBigUint64(number * ENTRY_BYTES + 8, true)]
    const none = 0xffffffffffffffffn
    if (offset === none && length === none) return undefined
    if (offset + length > BigInt(shard.byteLength))
      throw new InputError(
        shard.name,
        `keeps a chunk at bytes ${offset} to ${offset + length} and has ${shard.byteLength}; it is damaged`,
      )
    return sliceAccess(shard, Number(offset), Number(length))
  }
}
