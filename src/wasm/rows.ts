import type { ModuleExports } from './exports.generated.ts'

/** Rows of float32 that lie in memory: `length` weights each, `stride` weights apart. */
export interface RowsInMemory {
  readonly address: number
  readonly rows: number
  readonly length: number
  readonly stride: number
}

export interface RowCalls {
  /** Adds to each of the doubles at `y` the product of a row with the doubles at `x`. */
  rowsTimes(rows: RowsInMemory, x: number, y: number): void
  /** Adds to the doubles at `x` each row times its double at `y`. */
  timesRows(rows: RowsInMemory, y: number, x: number): void
}

export function rowCalls(wasm: ModuleExports): RowCalls {
  return {
    rowsTimes: ({ address, rows, length, stride }, x, y) => wasm.rowsTimes(address, rows, length, stride, x, y),
    timesRows: ({ address, rows, length, stride }, y, x) => wasm.timesRows(address, rows, length, stride, y, x),
  }
}
