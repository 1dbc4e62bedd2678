import type { Arena } from './arena.ts'
import { type ModuleExports, moduleConstants } from './exports.generated.ts'
import { panelLimit } from './limits.ts'

/** Rows of a panel with those of another, or with each other. */
export interface PanelSum {
  /** Σ |a·b - [a = b]| over all ordered pairs (a, b) and (b, a) of unit rows. */
  readonly sum: number
  /** How many of the pairs (each counted once) have |a·b| below 1e-5. */
  readonly near: number
}

/** Of each row, the largest |a·b| that it has with another so far; the layer's row `from` has the first place. */
export interface NearestRows {
  readonly from: number
  readonly cosines: Float64Array
}

/** How the rows of a Gram matrix are packed and multiplied: see src/wasm/gram.ts. */
export type Precision = 'double' | 'single' | 'integer'

const kinds: Readonly<Record<Precision, number>> = {
  double: moduleConstants.DOUBLE,
  single: moduleConstants.SINGLE,
  integer: moduleConstants.INTEGER,
}

/** Below this |a·b| a pair is near to a right angle, where rounding only ever adds. */
const NEAR = 1e-5

export interface PanelCalls {
  /** Bytes of a packed panel per row, its rows rounded up to fours. */
  packedRowBytes(length: number, precision: Precision): number
  /**
   * Packs a panel of up to 128 rows of `length` float32 at `address` to `packed` (16-byte aligned). Returns the sum of
   * 1 / norm² of the packed rows (1 each, unless they are integers), zero rows left out.
   */
  packRows(address: number, rows: number, length: number, packed: number, precision: Precision): number
  /** Two packed panels of one precision, or one with itself */
  gramPanels(a: number, rowsA: number, b: number, rowsB: number, length: number, precision: Precision): PanelSum
  /** Raises the nearest of rows [row, row + count) by those of the first (0) or second (1) panel of the last `gramPanels`. */
  raiseNearest(nearest: NearestRows, row: number, count: number, panel: 0 | 1): void
  /** The sum of the nearest of the only panel of a layer, 1 each at most, and how many reach `limit`, as of the last `gramPanels`. */
  nearestOfAll(count: number, limit: number): { readonly sum: number; readonly above: number }
  /** a·b of row i of the first panel and row j of the second of the last `gramPanels` in double (j < i of a panel with itself). */
  pairProduct(i: number, j: number): number
}

export function panelCalls(wasm: ModuleExports, arena: Arena): PanelCalls {
  const { work, out } = arena
  return {
    packedRowBytes: (length, precision) => wasm.packedRowBytes(kinds[precision], length),
    packRows(address, rows, length, packed, precision) {
      requireRows(rows)
      return wasm.packRows(kinds[precision], address, rows, length, packed)
    },
    gramPanels(a, rowsA, b, rowsB, length, precision) {
      requireRows(rowsA)
      requireRows(rowsB)
      wasm.gramPanels(kinds[precision], a, rowsA, b, rowsB, length, NEAR, work, out)
      const doubles = arena.doubles()
      return { sum: doubles[out >> 3]!, near: doubles[(out >> 3) + 1]! }
    },
    raiseNearest({ from, cosines }, row, count, panel) {
      const doubles = arena.doubles()
      const first = (out >> 3) + 2 + panel * panelLimit
      for (let k = 0; k < count; k++) {
        const found = doubles[first + k]!
        if (found > cosines[row - from + k]!) cosines[row - from + k] = found
      }
    },
    nearestOfAll(count, limit) {
      const doubles = arena.doubles()
      const first = (out >> 3) + 2
      let sum = 0
      let above = 0
      for (let k = 0; k < count; k++) {
        const found = doubles[first + k]!
        sum += Math.min(1, found)
        if (found >= limit) above++
      }
      return { sum, above }
    },
    pairProduct(i, j) {
      const doubles = arena.doubles()
      const lanes = (work >> 3) + 2 * (i * panelLimit + j)
      return doubles[lanes]! + doubles[lanes + 1]!
    },
  }
}

function requireRows(rows: number): void {
  if (rows > panelLimit) throw new RangeError(`a panel holds ${panelLimit} rows at most`)
}
