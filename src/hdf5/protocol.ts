import type { WorkerHandle } from '../io/platform.ts'
import type { Hdf5Pulse } from './patience.ts'

/** A value of an attribute, or of a data set read whole. 64-bit integers come as bigint arrays when they are arrays. */
export type Hdf5Value =
  | null
  | string
  | number
  | readonly string[]
  | readonly number[]
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | readonly Uint8Array[]

/** Element type of a data set. `bytes` is the fixed length of a string, 0 for one of variable length. */
export type Hdf5Type =
  | { readonly kind: 'int' | 'uint' | 'float' | 'bool' | 'string'; readonly bytes: number }
  /** A variable-length sequence of bytes (how PyTables keeps pickled objects). */
  | { readonly kind: 'sequence'; readonly bytes: 1 }
  | { readonly kind: 'other'; readonly bytes: number; readonly name: string }

export interface Hdf5Group {
  readonly kind: 'group'
  /** Names of the members, in the library's order (by name unless the file tracks creation order). */
  readonly keys: readonly string[]
  readonly attributes: Readonly<Record<string, Hdf5Value>>
}

export interface Hdf5Dataset {
  readonly kind: 'dataset'
  /** Rows first; empty for a scalar. */
  readonly shape: readonly number[]
  readonly type: Hdf5Type
  /** Shape of a chunk; null for a data set that is stored in one piece. */
  readonly chunks: readonly number[] | null
  /** True for a virtual data set: its values lie in other data sets, most often of other files. */
  readonly virtual: boolean
  /** Names of the filters a chunk went through ("gzip", "shuffle", "blosc" …). */
  readonly filters: readonly string[]
  readonly attributes: Readonly<Record<string, Hdf5Value>>
}

/** Where the worker finds the bytes of a file by itself, synchronously, as the HDF5 library needs them. */
export type Hdf5Bytes =
  | { readonly kind: 'path'; readonly path: string; readonly offset: number }
  | { readonly kind: 'blob'; readonly blob: Blob; readonly offset: number }
  | { readonly kind: 'memory'; readonly bytes: Uint8Array }
  /** Asked from the other side, block by block: `signal` is [state, byte count], `block` the bytes, both in shared memory. */
  | { readonly kind: 'bridge'; readonly signal: Int32Array; readonly block: Uint8Array }

export type Hdf5Request =
  | { readonly op: 'open'; readonly byteLength: number; readonly bytes: Hdf5Bytes }
  | { readonly op: 'describe'; readonly path: string }
  | { readonly op: 'value'; readonly path: string }
  | { readonly op: 'box'; readonly path: string; readonly first: readonly number[]; readonly counts: readonly number[] }
  | { readonly op: 'locate'; readonly path: string }
  | { readonly op: 'close' }

export interface Hdf5Envelope {
  readonly id: number
  readonly file: number
  readonly request: Hdf5Request
}

/** A failure carries the library's own words; after a fatal one the worker is of no further use. */
export type Hdf5Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: string; readonly fatal: boolean }
  | { readonly pulse: Hdf5Pulse }
  | { readonly need: { readonly file: number; readonly offset: number; readonly length: number } }

/** The thread could not be loaded at all: no file is at fault. */
export class Hdf5NotLoadedError extends Error {
  override readonly name: string = 'Hdf5NotLoadedError'
}

/** What differs between Node and a browser for HDF5: `#hdf5` resolves to io/node-hdf5.ts or io/browser-hdf5.ts. */
export interface Hdf5Platform {
  /** Starts a thread that runs hdf5-session.ts. It must not keep the process alive while it is idle. */
  startHdf5Worker(): WorkerHandle & {
    keepAlive(busy: boolean): void
    /** Milliseconds of processor time of the process so far, where they can be had. */
    readonly spent?: () => number
  }
}
