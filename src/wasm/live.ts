import type { ModuleExports } from './exports.generated.ts'
import { requireTaps } from './limits.ts'

/** Filters of a layer that lie in memory, and when one is sparse. */
export interface LiveFilters {
  readonly address: number
  /** Of the layer: the first that lies there, and how many do. */
  readonly first: number
  readonly filters: number
  readonly taps: number
  /** Sparse: max-abs <= limit, or < limit when strict. */
  readonly limit: number
  readonly strict: boolean
  /** Filters of a row (input channels per group), and rows of a group. */
  readonly inputs: number
  readonly rows: number
}

export interface LiveCalls {
  /** Sets to 1 the bytes at `outputs` (one a row of the layer) and `channels` (one an input channel) that have a filter which is not sparse. */
  markLive(filters: LiveFilters, outputs: number, channels: number): void
}

export function liveCalls(wasm: ModuleExports): LiveCalls {
  return {
    markLive({ address, first, filters, taps, limit, strict, inputs, rows }, outputs, channels) {
      requireTaps(taps)
      wasm.markLive(...([address, filters, taps, limit, strict, first, inputs, rows, outputs, channels] as const))
    },
  }
}
