import type { Arena } from './arena.ts'
import type { ModuleExports } from './exports.generated.ts'
import { requireTaps } from './limits.ts'
import type { Moments } from './moments.ts'

/** What one pass over a segment's filters gives. */
export interface SegmentMoments {
  readonly sparse: number
  /** Σ |w - centre|. */
  readonly deviation: number
  /** Non-sparse filters (all where sparse ones are kept), each divided by its own max-abs. */
  readonly scaled: Moments
  /** All filters as they are. */
  readonly raw: Moments
  /** Non-sparse filters as they are. */
  readonly clean: Moments
}

export interface MomentsCalls {
  /**
   * Counts and moments of `filters` filters of `taps` float32 (2 … 121), and Σ |w - centre|. Sparse: max-abs <= limit, or
   * < limit when strict; compared in double. `kept`: sparse filters are scaled too, and one of zeros stays so.
   */
  moments(
    address: number,
    filters: number,
    taps: number,
    limit: number,
    strict?: boolean,
    centre?: number,
    kept?: boolean,
  ): SegmentMoments
}

export function momentsCalls(wasm: ModuleExports, arena: Arena): MomentsCalls {
  const { work, out } = arena
  return {
    moments(address, filters, taps, limit, strict = false, centre = 0, kept = false) {
      requireTaps(taps)
      wasm.moments(address, filters, taps, limit, strict, kept, centre, work, out)
      // Two numbers, then three sets.
      const set = wasm.accumulatorBytes(taps) >> 3
      const results = arena.doubles().slice(out >> 3, (out >> 3) + 2 + 3 * set)
      const raw = setAt(results, 2 + set, taps)
      return {
        sparse: results[0]!,
        deviation: results[1]!,
        scaled: setAt(results, 2, taps),
        raw,
        // The raw set is the clean one and then the sparse ones: the same when there are none.
        clean: results[0] === 0 ? raw : setAt(results, 2 + 2 * set, taps),
      }
    },
  }
}

/** A set that lies at `at` of a copy of the results: views of one buffer, for a buffer each would cost more than the sums. */
function setAt(results: Float64Array, at: number, taps: number): Moments {
  return {
    count: results[at]!,
    mean: results.subarray(at + 1, at + 1 + taps),
    scatter: results.subarray(at + 1 + taps, at + 1 + taps + taps * taps),
  }
}
