import { takeTurns } from '../io/turns.ts'
import type { GramTotal } from '../wasm/gram.ts'
import { type NearestRows, panelLimit, type WasmInstance } from '../wasm/module.ts'
import type { FiltersInMemory } from './filters-in-memory.ts'
import { pieces } from './segments.ts'

/** Bytes of a stretch of a panel's rows, as they are and packed. */
const STRETCH_BYTES = 24 << 20

export interface LongRows {
  readonly out: number
  /** Filters of a row, weights of a filter. */
  readonly inputs: number
  readonly taps: number
  /** Address of `longRowBytes` bytes, 16-byte aligned. */
  readonly room: number
}

/** A stretch of a panel: where its rows lie packed, and each one's L2 norm. */
interface Stretch {
  readonly address: number
  readonly count: number
  readonly norms: Float64Array
}

const aligned = (n: number): number => Math.ceil(n / 16) * 16

/** Rows of a panel, filters of a stretch, bytes of the stretch's weights and of the stretch packed: by the layer's shape alone. */
function layOut(wasm: WasmInstance, { out, inputs, taps }: Omit<LongRows, 'room'>) {
  const rows = Math.min(panelLimit, Math.ceil(out / 4) * 4)
  const step = Math.min(inputs, Math.max(1, Math.floor(STRETCH_BYTES / (20 * rows * taps))))
  return {
    rows,
    step,
    rawBytes: aligned(rows * step * taps * 4),
    packedBytes: aligned(rows * wasm.packedRowBytes(step * taps, 'double')),
  }
}

/** Bytes that `longRowPanel` works in. */
export function longRowBytes(wasm: WasmInstance, layer: Omit<LongRows, 'room'>): number {
  const { rawBytes, packedBytes } = layOut(wasm, layer)
  return rawBytes + 2 * packedBytes
}

/**
 * Panel `strip` of up to 128 rows with itself and with each panel after it, in double. Both are read and packed a stretch of
 * the rows at a time; a pair's products are those of its stretches, added from left to right, so that memory does not grow
 * with the rows, and nothing but the layer's shape says where stretches begin.
 * @throws InputError when the bytes cannot be read
 */
export async function longRowPanel(
  wasm: WasmInstance,
  filters: FiltersInMemory,
  layer: LongRows,
  strip: number,
  nearest?: NearestRows,
): Promise<GramTotal> {
  const { out, inputs, taps, room } = layer
  const { rows, step, rawBytes, packedBytes } = layOut(wasm, layer)
  const packed = [room + rawBytes, room + rawBytes + packedBytes] as const

  const load = async (panel: number, from: number, count: number, place: 0 | 1): Promise<Stretch> => {
    const first = panel * rows
    const some = Math.min(rows, out - first)
    const length = count * taps
    const norms = new Float64Array(some)
    for (let row = 0; row < some; row++) {
      const source = await filters.at((first + row) * inputs + from, count)
      const values = wasm.f32(source, length)
      wasm.f32(room + row * length * 4, length).set(values)
      norms[row] = Math.sqrt(sumOfSquares(values))
    }
    wasm.packRows(room, some, length, packed[place], 'double')
    return { address: packed[place], count: some, norms }
  }

  let sum = 0
  for (let other = strip; other * rows < out; other++) {
    const own = other === strip
    const products = new Float64Array(rows * rows)
    const squaresA = new Float64Array(rows)
    const squaresB = new Float64Array(rows)
    let countA = 0
    let countB = 0
    for (const [from, count] of pieces(inputs, step)) {
      await takeTurns()
      const a = await load(strip, from, count, 0)
      const b = own ? a : await load(other, from, count, 1)
      countA = a.count
      countB = b.count
      wasm.gramPanels(a.address, countA, b.address, countB, count * taps, 'double')
      for (let i = 0; i < countA; i++) squaresA[i]! += a.norms[i]! * a.norms[i]!
      for (let j = 0; j < countB; j++) squaresB[j]! += b.norms[j]! * b.norms[j]!
      for (let i = 0; i < countA; i++)
        for (let j = 0; j < (own ? i : countB); j++)
          products[i * rows + j]! += wasm.pairProduct(i, j) * (a.norms[i]! * b.norms[j]!)
    }
    const cosines = panelCosines(products, rows, { countA, countB, squaresA, squaresB, own })
    sum += panelSum(cosines, rows, { countA, countB, squaresA, squaresB, own })
    if (nearest) raiseBy(nearest, cosines, rows, { strip, other, countA, countB, own })
  }
  return { sum, near: 0, inverseSquares: 0 }
}

interface PanelPair {
  readonly countA: number
  readonly countB: number
  readonly squaresA: Float64Array
  readonly squaresB: Float64Array
  /** A panel with itself: pairs below the diagonal. */
  readonly own: boolean
}

/** Products of two panels' rows turned into the |cosines| of the rows, in place; 0 where a row is zero. */
function panelCosines(
  products: Float64Array,
  rows: number,
  { countA, countB, squaresA, squaresB, own }: PanelPair,
): Float64Array {
  for (let i = 0; i < countA; i++)
    for (let j = 0; j < (own ? i : countB); j++) {
      const norm = Math.sqrt(squaresA[i]!) * Math.sqrt(squaresB[j]!)
      products[i * rows + j] = norm > 0 ? Math.abs(products[i * rows + j]!) / norm : 0
    }
  return products
}

/** Σ |r_a · r_b - [a = b]| over the ordered pairs of two panels; a row of zeros counts 1 with itself, as in the packed way. */
function panelSum(cosines: Float64Array, rows: number, { countA, countB, squaresA, own }: PanelPair): number {
  let total = 0
  let zeros = 0
  for (let i = 0; i < countA; i++) {
    if (own && squaresA[i] === 0) zeros++
    for (let j = 0; j < (own ? i : countB); j++) total += cosines[i * rows + j]!
  }
  return 2 * total + zeros
}

function raiseBy(
  { from, cosines: nearest }: NearestRows,
  cosines: Float64Array,
  rows: number,
  { strip, other, countA, countB, own }: { strip: number; other: number; countA: number; countB: number; own: boolean },
): void {
  const raise = (row: number, cosine: number): void => {
    if (cosine > nearest[row - from]!) nearest[row - from] = cosine
  }
  for (let i = 0; i < countA; i++)
    for (let j = 0; j < (own ? i : countB); j++) {
      raise(strip * rows + i, cosines[i * rows + j]!)
      raise(other * rows + j, cosines[i * rows + j]!)
    }
}

/** Four sums side by side, then the rest: a fixed order. */
function sumOfSquares(values: Float32Array): number {
  const fours = values.length & ~3
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  for (let k = 0; k < fours; k += 4) {
    a += values[k]! * values[k]!
    b += values[k + 1]! * values[k + 1]!
    c += values[k + 2]! * values[k + 2]!
    d += values[k + 3]! * values[k + 3]!
  }
  let sum = a + b + (c + d)
  for (let k = fours; k < values.length; k++) sum += values[k]! * values[k]!
  return sum
}
