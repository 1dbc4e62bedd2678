import type { Arena } from './arena.ts'
import type { ModuleExports } from './exports.generated.ts'

/** What a scan of some weights gives. */
export interface Scanned {
  /** Largest |w|; NaN or infinite when any weight is (firstNonFinite finds which). */
  readonly peak: number
  readonly sum: number
  /** Σ |w|. */
  readonly absoluteSum: number
  /** How many are exactly 0, −0 too. */
  readonly zeros: number
}

export interface ScanCalls {
  /** Index of the first NaN or infinity among `count` float32, or -1. */
  firstNonFinite(address: number, count: number): number
  /** Scans `count` float32 in the order in which they lie. Call it by fixed segments: sums depend on where one begins. */
  scan(address: number, count: number): Scanned
}

export function scanCalls(wasm: ModuleExports, arena: Arena): ScanCalls {
  const { out } = arena
  return {
    firstNonFinite: wasm.firstNonFinite,
    scan(address, count) {
      wasm.scan(address, count, out)
      const doubles = arena.doubles()
      const at = out >> 3
      return { peak: doubles[at]!, sum: doubles[at + 1]!, absoluteSum: doubles[at + 2]!, zeros: doubles[at + 3]! }
    },
  }
}
