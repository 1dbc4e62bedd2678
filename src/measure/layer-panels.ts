import type { Precision, WasmInstance } from '../wasm/module.ts'

/** How a layer's rows are packed. */
export interface PanelRoom {
  /** Rows of the layer, rows of a panel, weights of a row. */
  readonly out: number
  readonly rows: number
  readonly length: number
  /** Address of the panels, and bytes of each. */
  readonly packed: number
  readonly packedBytes: number
  /** Whether each panel has a place of its own and is packed once; otherwise there are two places. */
  readonly keeps: boolean
}

/** A packed panel. */
export interface PackedPanel {
  readonly address: number
  readonly count: number
  /** Sum over its rows of 1 / norm² of what was packed. */
  readonly inverseSquares: number
}

/** A layer's rows, packed panel by panel for the Gram matrix. */
export class LayerPanels {
  readonly #wasm: WasmInstance
  readonly #rowsAt: (from: number, count: number) => Promise<number>
  readonly #room: PanelRoom
  readonly #packed: { inverseSquares: number; precision: Precision }[] = []

  /** @param rowsAt resolves to the address of some rows, which must stay there until the next call */
  constructor(wasm: WasmInstance, rowsAt: (from: number, count: number) => Promise<number>, room: PanelRoom) {
    this.#wasm = wasm
    this.#rowsAt = rowsAt
    this.#room = room
  }

  /** Panel `k`: rows [k · rows, …) packed, in its own place where panels are kept, otherwise in place 0 or 1. */
  async at(k: number, place: 0 | 1, precision: Precision): Promise<PackedPanel> {
    const { out, rows, length, packed, packedBytes, keeps } = this.#room
    const from = k * rows
    const count = Math.min(rows, out - from)
    const address = packed + (keeps ? k : place) * packedBytes
    let known = keeps ? this.#packed[k] : undefined
    if (known?.precision !== precision) {
      const inverseSquares = this.#wasm.packRows(await this.#rowsAt(from, count), count, length, address, precision)
      known = { inverseSquares, precision }
      this.#packed[k] = known
    }
    return { address, count, inverseSquares: known.inverseSquares }
  }
}
