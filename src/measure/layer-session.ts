import { CLEARANCE, clearOf } from '../io/clear.ts'
import { type GramTotal, gramPrecisions } from '../wasm/gram.ts'
import { type Precision, panelLimit, type Scanned, type SegmentMoments, type WasmInstance } from '../wasm/module.ts'
import type { ConvShape } from '../weights/plan.ts'
import type { WeightReader } from '../weights/reader.ts'

/**
 * Filters of a segment: the unit of summation. A layer's statistics are its segments' merged from left to right,
 * whatever the size of a read, the memory at hand or the number of workers.
 */
export const SEGMENT = 65536

/** Rows of one panel of the Gram matrix take about this many bytes in single precision. */
const PANEL_BYTES = 8 << 20

/** What a look at some filters finds: largest |w| and sums, an entry per segment; or the first weight that is not finite. */
export interface Scan {
  readonly segments: readonly Scanned[]
  /** Index in the layer's (out, in, row, column) order. */
  readonly nonFinite: { readonly index: number; readonly value: number } | undefined
  /** float64 values that were not exactly a float32. */
  readonly narrowed: number
}

/** Parts of the passes over one layer, in any order and each on its own: what workers share out among them. */
export interface LayerSession {
  /** Filters [from, from + count), `from` a multiple of SEGMENT. All are scanned once before anything else is asked. */
  scan(from: number, count: number): Promise<Scan>
  /** One entry per segment; `mean` is that of all the layer's weights. */
  moments(from: number, count: number, limit: number, strict: boolean, mean: number): Promise<SegmentMoments[]>
  /** Panel `strip` of rows with itself and with each panel after it, in one of gramPrecisions' arithmetics. */
  gram(strip: number, precision: Precision): Promise<GramTotal>
  /** First byte of the arena behind what the session uses. */
  readonly end: number
}

/** Rows of one panel of the Gram matrix: by the length of a row alone, for the sums of panels are part of the result. */
export function panelRows(rowLength: number): number {
  return Math.max(4, Math.min(panelLimit, Math.floor(PANEL_BYTES / (4 * rowLength)) & ~3))
}

export interface SessionOptions {
  /** Bytes of float32 up to which a layer is held in memory as a whole; a larger one is read again for each pass. */
  readonly budget: number
  /** Filters per read. */
  readonly batchSize: number | undefined
  /** Whether gram() will be called. */
  readonly gram: boolean
}

/**
 * Opens a layer in the module's arena from byte `base` on; nothing is read yet. The arena must not be used by others
 * until the last call has resolved.
 */
export function openLayer(
  wasm: WasmInstance,
  base: number,
  reader: WeightReader,
  shape: ConvShape,
  options: SessionOptions,
): LayerSession {
  const [out, inputs, height, width] = shape
  const { filters, taps } = reader
  const bytes = taps * 4
  const whole = filters * bytes <= options.budget
  const length = inputs * height * width
  const rows = options.gram ? Math.min(panelRows(length), Math.ceil(out / 4) * 4) : 0
  const step = whole ? Math.max(1, filters) : Math.ceil((options.batchSize ?? SEGMENT) / SEGMENT) * SEGMENT
  const held = whole ? filters : Math.min(filters, Math.max(step, rows * inputs))
  const aligned = (n: number): number => Math.ceil(n / 16) * 16
  const packedBytes = aligned(rows * Math.max(...gramPrecisions(out, length).map((p) => wasm.packedRowBytes(length, p))))
  // Panels are packed once where there is room for all of them, otherwise anew for each strip.
  const panels = options.gram ? Math.ceil(out / rows) : 0
  const kept = whole && (panels <= 2 || filters * bytes + panels * packedBytes <= options.budget)
  const size = CLEARANCE + aligned(held * bytes) + aligned(reader.scratchBytes) + (kept ? panels : 2) * packedBytes
  const room = wasm.reserve(base + size) + base
  const data = room + (reader.position === undefined ? 0 : clearOf(room, reader.position))
  const scratch = data + aligned(held * bytes)
  const packed = scratch + aligned(reader.scratchBytes)

  let narrowed = 0
  const read = async (address: number, from: number, count: number): Promise<void> => {
    for (const [within, some] of pieces(count, whole ? (options.batchSize ?? count) : count)) {
      narrowed += await reader.read(wasm, address + within * bytes, scratch, from + within, some)
    }
  }
  // Which parts of a layer that is held as a whole have been read, by segments.
  const loaded = new Uint8Array(whole ? Math.ceil(filters / SEGMENT) : 0)
  /** The address of filters [from, from + count), which stay there until the next call. */
  const at = async (from: number, count: number): Promise<number> => {
    if (!whole) {
      await read(data, from, count)
      return data
    }
    const last = Math.ceil((from + count) / SEGMENT)
    for (let first = Math.floor(from / SEGMENT); first < last; ) {
      let end = first
      while (end < last && !loaded[end]) end++
      if (end > first) {
        const start = first * SEGMENT
        await read(data + start * bytes, start, Math.min(end * SEGMENT, filters) - start)
        loaded.fill(1, first, end)
      }
      first = end + 1
    }
    return data + from * bytes
  }
  const packedPanels: { inverseSquares: number; precision: Precision }[] = []
  /** Rows [k · rows, …) packed: in their own place where panels are kept, otherwise at `place`. */
  const panel = async (k: number, place: number, precision: Precision) => {
    const from = k * rows
    const count = Math.min(rows, out - from)
    const address = kept ? packed + k * packedBytes : place
    let known = kept ? packedPanels[k] : undefined
    if (known?.precision !== precision) {
      const inverseSquares = wasm.packRows(await at(from * inputs, count * inputs), count, length, address, precision)
      known = { inverseSquares, precision }
      packedPanels[k] = known
    }
    return { address, count, inverseSquares: known.inverseSquares }
  }
  return {
    end: base + size,
    async scan(from, count) {
      narrowed = 0
      const segments: Scanned[] = []
      for (const [within, some] of pieces(count, SEGMENT)) {
        const part = scanSegment(wasm, await at(from + within, some), from + within, some, taps, 0)
        if (part.nonFinite) return { ...part, narrowed }
        segments.push(...part.segments)
      }
      return { segments, narrowed, nonFinite: undefined }
    },
    async moments(from, count, limit, strict, mean) {
      const out: SegmentMoments[] = []
      for (const [within, some] of pieces(count, step)) {
        const address = await at(from + within, some)
        for (const [start, few] of pieces(some, SEGMENT)) {
          out.push(wasm.moments(address + start * bytes, few, taps, limit, strict, mean))
        }
      }
      return out
    },
    async gram(strip, precision) {
      const first = await panel(strip, packed, precision)
      const own = wasm.gramPanels(first.address, first.count, first.address, first.count, length, precision)
      let { sum, near } = own
      for (let k = strip + 1; k < panels; k++) {
        const other = await panel(k, packed + packedBytes, precision)
        const part = wasm.gramPanels(first.address, first.count, other.address, other.count, length, precision)
        sum += part.sum
        near += part.near
      }
      return { sum, near, inverseSquares: first.inverseSquares }
    },
  }
}

/** The first look at one segment, which lies at `address`; `from` is its first filter. */
export function scanSegment(
  wasm: WasmInstance,
  address: number,
  from: number,
  count: number,
  taps: number,
  narrowed: number,
): Scan {
  const segment = wasm.scan(address, count * taps)
  if (Number.isFinite(segment.peak)) return { segments: [segment], narrowed, nonFinite: undefined }
  const index = wasm.firstNonFinite(address, count * taps)
  const value = wasm.f32(address + 4 * index, 1)[0]!
  return { segments: [], narrowed, nonFinite: { index: from * taps + index, value } }
}

/** [start, length] of consecutive pieces of at most `step`. */
export function* pieces(total: number, step: number): Generator<[from: number, count: number]> {
  for (let from = 0; from < total; from += step) yield [from, Math.min(step, total - from)]
}
