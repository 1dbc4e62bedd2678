import { takeTurns } from '../io/turns.ts'
import type { GramTotal } from '../wasm/gram.ts'
import type { NearestRows, Precision, WasmInstance } from '../wasm/module.ts'

/** How a layer's rows are packed. */
export interface PanelRoom {
  /** Rows of the layer, rows of a panel, weights of a row. */
  readonly out: number
  readonly rows: number
  readonly length: number
  /** Address of the panels, and bytes of each. */
  readonly packed: number
  readonly packedBytes: number
  /** Whether each panel has a place of its own and is packed once; otherwise places are given. */
  readonly keeps: boolean
}

/** A packed panel. */
export interface PackedPanel {
  readonly address: number
  readonly count: number
  /** Sum over its rows of 1 / norm² of what was packed. */
  readonly inverseSquares: number
}

/** Some strips of the Gram matrix. */
export interface Strips {
  readonly first: number
  readonly count: number
  readonly precision: Precision
  readonly nearest: NearestRows | undefined
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

  /** Panel `k`: rows [k · rows, …) packed, in its own place where panels are kept, otherwise in the given one. */
  async at(k: number, place: number, precision: Precision): Promise<PackedPanel> {
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

/**
 * Strips [first, first + count) of the Gram matrix: each panel with itself and with each panel after it, in that order. The strips'
 * own panels are packed into places 0 to count - 1 and stay there, so that each panel after them is packed once for all of these strips.
 */
export async function gramStrips(
  wasm: WasmInstance,
  panels: LayerPanels,
  { out, rows, length }: Pick<PanelRoom, 'out' | 'rows' | 'length'>,
  { first, count, precision, nearest }: Strips,
): Promise<GramTotal[]> {
  const own: PackedPanel[] = []
  for (let k = 0; k < count; k++) own.push(await panels.at(first + k, k, precision))
  const totals = own.map(({ inverseSquares }) => ({ sum: 0, near: 0, inverseSquares }))
  const multiply = async (strip: number, k: number, other: PackedPanel): Promise<void> => {
    await takeTurns() // a product of two panels takes some milliseconds
    const panel = own[strip]!
    const { sum, near } = wasm.gramPanels(panel.address, panel.count, other.address, other.count, length, precision)
    if (nearest) {
      wasm.raiseNearest(nearest, (first + strip) * rows, panel.count, 0)
      if (k !== first + strip) wasm.raiseNearest(nearest, k * rows, other.count, 1)
    }
    totals[strip]!.sum += sum
    totals[strip]!.near += near
  }
  for (let strip = 0; strip < count; strip++) for (let k = strip; k < count; k++) await multiply(strip, first + k, own[k]!)
  for (let k = first + count; k * rows < out; k++) {
    const other = await panels.at(k, count, precision)
    for (let strip = 0; strip < count; strip++) await multiply(strip, k, other)
  }
  return totals
}
