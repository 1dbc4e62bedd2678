import { type ArrayGrid, wholeChunks } from '../io/array-grid.ts'
import type { InflatedCache } from '../io/inflate.ts'
import { memoryAccess, type RandomAccess, requireRange } from '../io/random-access.ts'
import type { Hdf5Dataset } from './protocol.ts'

const TILE_BYTES = 1 << 22
/** Of the tiles of a file that were read last: neighbouring ranges and layers share chunks. */
export const KEPT_BYTES = 1 << 26

/** Elements of an array from `first` on, `counts` of each axis, as bytes in row-major order. */
export type ReadBox = (path: string, first: readonly number[], counts: readonly number[]) => Promise<Uint8Array>

/**
 * A data set through the library, in tiles: boxes of whole chunks of about 4 MB. Where what is read from first to last comes back to
 * a chunk only after more than is kept, the access has a `grid` by which it can be read chunk after chunk.
 */
export function tiledAccess(
  { path, name, dataset }: { path: string; name: string; dataset: Hdf5Dataset },
  readBox: ReadBox,
  kept: InflatedCache,
): RandomAccess {
  const { shape, type } = dataset
  const byteLength = shape.reduce((product, n) => product * n, type.bytes)
  if (byteLength === 0) return memoryAccess(name, new Uint8Array(0))
  const chunks = shape.map((n, axis) => Math.min(n, dataset.chunks?.[axis] ?? 1))
  const tile = wholeChunks({ shape, chunks }, TILE_BYTES / type.bytes)
  const places = shape.map((_, axis) => productOf(shape.slice(axis + 1))) // elements from one index of an axis to the next
  const grid: ArrayGrid = { shape, chunks, box: (first, counts) => readBox(path, first, counts) }
  return {
    name,
    byteLength,
    ...(windowOf(shape, chunks) * type.bytes > KEPT_BYTES && { grid }),
    async read(offset, length, into) {
      requireRange(name, byteLength, offset, length)
      const out = into ? into.subarray(0, length) : new Uint8Array(length)
      for (let done = 0; done < length; ) {
        const at = indicesOf(Math.floor((offset + done) / type.bytes), places)
        const first = at.map((index, axis) => index - (index % tile[axis]!))
        const counts = first.map((from, axis) => Math.min(tile[axis]!, shape[axis]! - from))
        const size = productOf(counts) * type.bytes
        const bytes = await kept.get(`${path} ${first.join(' ')}`, size, () => readBox(path, first, counts))
        const from = positionIn(at, first, counts) * type.bytes + ((offset + done) % type.bytes)
        const run = runFrom(at, first, { shape, counts }) * type.bytes - ((offset + done) % type.bytes)
        const part = bytes.subarray(from, from + Math.min(run, length - done))
        out.set(part, done)
        done += part.length
      }
      return out
    },
  }
}

const productOf = (numbers: readonly number[]): number => numbers.reduce((product, n) => product * n, 1)

/** Elements within which reading from first to last comes back to each chunk. */
function windowOf(shape: readonly number[], chunks: readonly number[]): number {
  const axis = chunks.findIndex((n) => n > 1)
  return axis < 0 ? 1 : chunks[axis]! * productOf(shape.slice(axis + 1))
}

function indicesOf(element: number, places: readonly number[]): number[] {
  let rest = element
  return places.map((place) => {
    const index = Math.floor(rest / place)
    rest -= index * place
    return index
  })
}

function positionIn(at: readonly number[], first: readonly number[], counts: readonly number[]): number {
  return at.reduce((position, index, axis) => position * counts[axis]! + index - first[axis]!, 0)
}

/** Elements from `at` on that lie one after the other in the tile as well as in the array. */
function runFrom(
  at: readonly number[],
  first: readonly number[],
  { shape, counts }: { shape: readonly number[]; counts: readonly number[] },
): number {
  let axis = shape.length - 1
  while (axis > 0 && counts[axis] === shape[axis]) axis--
  const before = positionIn(at.slice(axis), first.slice(axis), counts.slice(axis))
  return productOf(counts.slice(axis)) - before
}
