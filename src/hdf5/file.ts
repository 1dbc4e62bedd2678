import { startHdf5Worker } from '#hdf5'
import { InputError } from '../errors.ts'
import { InflatedCache } from '../io/inflate.ts'
import { type RandomAccess, sliceAccess } from '../io/random-access.ts'
import { Hdf5Client } from './client.ts'
import type { Hdf5Bytes, Hdf5Dataset, Hdf5Group, Hdf5Value } from './protocol.ts'
import { KEPT_BYTES, tiledAccess } from './tiles.ts'

export type { Hdf5Dataset, Hdf5Group, Hdf5Type, Hdf5Value } from './protocol.ts'

/** An HDF5 file, read by range by the HDF5 library in a thread of its own. Paths begin with "/". */
export interface Hdf5File {
  readonly name: string
  /** What lies at a path; null when nothing does (or a link to nowhere). @throws InputError when the file is damaged */
  describe(path: string): Promise<Hdf5Group | Hdf5Dataset | null>
  /** A whole data set of up to 256 MiB: metadata, small tables. */
  value(path: string): Promise<Hdf5Value>
  /**
   * The elements of a data set of plain numbers, or of opaque ones, as bytes, row-major and little-endian, whatever its layout and compression.
   * One that lies in the file in one piece is a part of the file itself, which workers open again; others go through the library.
   */
  access(path: string): Promise<RandomAccess>
  /** Ends reading; the RandomAccess it was opened from stays open. */
  close(): Promise<void>
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

/** @returns true for bytes that begin with the HDF5 signature (a user block of 512 bytes or more may precede it). */
export function looksLikeHdf5(head: Uint8Array): boolean {
  for (const at of [0, 512, 1024, 2048]) if (SIGNATURE.every((byte, k) => head[at + k] === byte)) return true
  return false
}

/** Opens an HDF5 file of any size. @throws InputError when it is cut short, damaged or no HDF5 */
export async function openHdf5(access: RandomAccess): Promise<Hdf5File> {
  const client = await Hdf5Client.open(access, await bytesOf(access), startHdf5Worker)
  const kept = new InflatedCache(KEPT_BYTES)
  return {
    name: access.name,
    describe: (path) => client.ask({ op: 'describe', path }),
    value: (path) => client.ask({ op: 'value', path }),
    async access(path) {
      const dataset = await client.ask<Hdf5Group | Hdf5Dataset | null>({ op: 'describe', path })
      const title = `${access.name}${path}`
      if (dataset?.kind !== 'dataset') throw new InputError(access.name, `has no data set ${path}`)
      const { type } = dataset
      const { kind, bytes } = type
      const isOpaque = kind === 'other' && type.name === 'opaque'
      if (kind !== 'int' && kind !== 'uint' && kind !== 'float' && !isOpaque)
        throw new InputError(title, 'holds no plain numbers')
      const byteLength = dataset.shape.reduce((product, n) => product * n, bytes)
      requireSmallChunks(title, dataset)
      const problem = absence(dataset, byteLength, access.byteLength)
      if (problem !== undefined) throw new InputError(title, problem)
      const place = await client.ask<number | null>({ op: 'locate', path })
      if (place !== null) return sliceAccess(access, place, byteLength, title)
      return tiledAccess(
        { path, name: title, dataset },
        (at, first, counts) => client.ask({ op: 'box', path: at, first, counts }),
        kept,
      )
    },
    close: () => client.close(),
  }
}

// Deflate packs 1,032 bytes into one at most, and what compresses better than LZF or szip do is no set of weights.
const MOST_PACKED = 1032

/** Why a data set's values are not in its file: undefined when they may be. What is claimed must be stored, or it would be read for ever. */
export function absence(
  { virtual, filters }: Pick<Hdf5Dataset, 'virtual' | 'filters'>,
  byteLength: number,
  fileBytes: number,
): string | undefined {
  if (virtual) return 'is a virtual data set, whose values lie in other files; write it as a plain one (h5repack does)'
  const most = filters.length > 0 ? MOST_PACKED * fileBytes : fileBytes
  if (byteLength <= most) return undefined
  return `claims ${byteLength} bytes in a file of ${fileBytes}${filters.length > 0 ? ', more than its compression can hold' : ''}; its values were never written, or the file is damaged`
}

const LARGEST_COPY = 0x60000000 // 1.5 GiB
const BRIDGE_BLOCK = 1 << 18

/** How the worker is to find the bytes: by itself, through shared memory, or else as a copy. */
async function bytesOf(access: RandomAccess): Promise<Hdf5Bytes> {
  const at = access.origin?.at
  if (at?.kind === 'path') return { kind: 'path', path: at.path, offset: access.origin!.offset }
  if (at?.kind === 'blob') return { kind: 'blob', blob: at.blob, offset: access.origin!.offset }
  if (access.byteLength > BRIDGE_BLOCK && typeof SharedArrayBuffer === 'function') {
    return {
      kind: 'bridge',
      signal: new Int32Array(new SharedArrayBuffer(8)),
      block: new Uint8Array(new SharedArrayBuffer(BRIDGE_BLOCK)),
    }
  }
  if (access.byteLength > LARGEST_COPY)
    throw new InputError(
      access.name,
      `has ${access.byteLength} bytes and can be read here only as a file of its own; unpack or download it first`,
    )
  return { kind: 'memory', bytes: (await access.read(0, access.byteLength)).slice() }
}

const LARGEST_CHUNK = 1 << 28

/** A chunk is unpacked as a whole. @throws InputError when that takes too much memory */
function requireSmallChunks(name: string, dataset: Hdf5Dataset): void {
  const chunkBytes = (dataset.chunks ?? []).reduce((product, n) => product * n, dataset.type.bytes)
  if (chunkBytes > LARGEST_CHUNK)
    throw new InputError(
      name,
      `is stored in chunks of ${chunkBytes} bytes, each of which must be held in memory as a whole; write it again with smaller ones, for example h5repack -l CHUNK=4096x9`,
    )
}
