import type { Origin, RandomAccess } from '../io/random-access.ts'
import type { CrcName, CrcPart } from '../io/stored-checksum.ts'
import type { GramTotal } from '../wasm/gram.ts'
import type { NearestRows, Precision } from '../wasm/module.ts'
import type { ConvShape, WeightPlan } from '../weights/plan.ts'
import type { PassOptions, PassResult } from './layer-pass.ts'
import type { CountedFilters, LayerRandom } from './layer-random.ts'
import type { MomentsPart, Scan } from './layer-session.ts'
import type { LayerSpectrum } from './layer-spectrum.ts'

/** Bytes of a layer as a worker finds them: in files that it opens itself, or sent along. */
export type SentBytes =
  | {
      readonly kind: 'origins'
      readonly name: string
      readonly parts: readonly SentRange[]
    }
  | { readonly kind: 'sent'; readonly name: string; readonly bytes: ArrayBuffer }

/** A part of a file. */
export interface SentRange {
  readonly at: Origin
  readonly offset: number
  readonly length: number
  /** The checksum that is stored with it and still has to be held against it: the worker sums what it reads. */
  readonly sum?: CrcName
}

/** What a worker read of the ranges it was sent, in their order: sums of stretches, by places in the file. */
export type ReadSums = readonly (readonly CrcPart[])[]

/** A layer to be measured, as plain data. */
export interface SentLayer {
  readonly bytes: SentBytes
  readonly plan: Omit<WeightPlan, 'access'>
  readonly shape: ConvShape
  readonly groups?: number
}

/** A part of a layer that is shared out; `key` tells the layer from others. */
export type Part =
  | { readonly stage: 'scan'; readonly from: number; readonly count: number }
  | {
      readonly stage: 'moments'
      readonly from: number
      readonly count: number
      readonly limit: number
      readonly strict: boolean
      readonly mean: number
    }
  | { readonly stage: 'gram'; readonly strip: number; readonly count: number; readonly precision: Precision }
  | { readonly stage: 'spectrum' }
  | { readonly stage: 'random'; readonly counted: CountedFilters }

/** Some strips of the Gram matrix, and the nearest rows that they know of. */
export interface GramPart {
  readonly totals: readonly GramTotal[]
  readonly nearest: NearestRows
}

export type PartResult = Scan | MomentsPart | GramPart | LayerSpectrum | LayerRandom

/** To a worker. */
export type PoolRequest =
  | { readonly kind: 'start'; readonly module: WebAssembly.Module; readonly options: PassOptions }
  | { readonly kind: 'layers'; readonly id: number; readonly layers: readonly SentLayer[] }
  | { readonly kind: 'part'; readonly id: number; readonly key: number; readonly layer: SentLayer; readonly part: Part }
  | { readonly kind: 'forget'; readonly key: number }

/** From a worker. Errors of single layers are results: the other layers of the message are measured. */
export type PoolReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'layers'; readonly id: number; readonly results: readonly Summed<PassResult>[] }
  | ({ readonly kind: 'part'; readonly id: number } & Summed<PartResult>)

/** A result, and what was read for it. */
export interface Summed<Result> {
  readonly result: Result | { readonly error: SentError }
  readonly sums: ReadSums
}

/** An error as plain data: structured clones lose its class. */
export interface SentError {
  readonly name: string
  readonly message: string
  /** Of an InputError. */
  readonly file?: string
  readonly problem?: string
  readonly stack?: string
}

/** Where workers find a layer's bytes by themselves; undefined when they exist only here. */
export function originsOf(access: RandomAccess): SentBytes | undefined {
  const parts: SentRange[] = []
  for (const { origin, byteLength, checksum } of access.parts ?? [access]) {
    if (origin?.at.kind !== 'path' && origin?.at.kind !== 'blob') return undefined
    parts.push({ at: origin.at, offset: origin.offset, length: byteLength, ...(checksum?.isOpen && { sum: checksum.name }) })
  }
  return { kind: 'origins', name: access.name, parts }
}

/** Tells an access's checksums what a worker read of it. */
export function addSums(access: RandomAccess, sums: ReadSums): void {
  const parts = access.parts ?? [access]
  sums.forEach((read, k) => void parts[k]?.checksum?.add(read))
}
