import type { LazyInput } from '../io/random-access.ts'
import type { Profile } from '../measure/profile.ts'

/** What a figure of models is asked for. */
export interface DrawingTask {
  readonly inputs: readonly LazyInput[]
  /** Only models whose name holds this text; default: all. */
  readonly model?: string | undefined
  /** A layer: its name, a part of it that no other holds, or its number from 0 (from the end: -1). Default: all layers. */
  readonly layer?: string | undefined
  /** "3x3", or all. Default: 3x3; all where a layer is named. */
  readonly kernel?: string | undefined
  readonly profile: Profile
  readonly threshold: number
  /** Output channels, from 0. */
  readonly channels?: readonly number[] | undefined
  /** At most so many filters, of a row or of a layer. */
  readonly first?: number | undefined
  /** Two components, from 1. Default: 1 and 2. */
  readonly components?: readonly [number, number] | undefined
  readonly workers?: number | undefined
  readonly signal?: AbortSignal | undefined
}
