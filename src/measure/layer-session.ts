import { CLEARANCE, clearOf } from '../io/clear.ts'
import { takeTurns } from '../io/turns.ts'
import { type GramTotal, gramPrecisions, LONG_ROW } from '../wasm/gram.ts'
import {
  type NearestRows,
  type Precision,
  panelLimit,
  type Scanned,
  type SegmentMoments,
  type WasmInstance,
} from '../wasm/module.ts'
import type { ConvShape } from '../weights/plan.ts'
import type { WeightReader } from '../weights/reader.ts'
import { FiltersInMemory } from './filters-in-memory.ts'
import { gramStrips, LayerPanels } from './layer-panels.ts'
import type { CountedFilters, LayerRandom } from './layer-random.ts'
import { type LayerSpectrum, layerSpectrum, spectrumBytes } from './layer-spectrum.ts'
import { type LayerChannels, LiveMarks, type LivePart, liveBytes } from './live-channels.ts'
import { longRowBytes, longRowPanel } from './long-rows.ts'
import { randomBytes } from './random-room.ts'
import { pieces, SEGMENT } from './segments.ts'

/** Rows of one panel of the Gram matrix take about this many bytes in single precision. */
const PANEL_BYTES = 8 << 20

/** A layer of which each read goes through all that is stored may be held as a whole up to so many budgets: it is measured alone. */
export const SCATTERED_TIMES = 2

/** What a look at some filters finds: largest |w| and sums, an entry per segment; or the first weight that is not finite. */
export interface Scan {
  readonly segments: readonly Scanned[]
  /** Index in the layer's (out, in, row, column) order. */
  readonly nonFinite: { readonly index: number; readonly value: number } | undefined
  /** float64 values that were not exactly a float32. */
  readonly narrowed: number
}

/** What the second pass over some filters gives: moments by segments, and which channels are not dead. */
export interface MomentsPart {
  readonly segments: readonly SegmentMoments[]
  readonly live: LivePart
}

/** Parts of the passes over one layer, in any order and each on its own: what workers share out among them. */
export interface LayerSession {
  /** Filters [from, from + count), `from` a multiple of SEGMENT. All are scanned once before anything else is asked. */
  scan(from: number, count: number): Promise<Scan>
  /** `mean` is that of all the layer's weights. */
  moments(from: number, count: number, limit: number, strict: boolean, mean: number): Promise<MomentsPart>
  /**
   * Strips [strip, strip + count) of the Gram matrix, each a panel of rows with itself and with each panel after it, in one of
   * gramPrecisions' arithmetics; raises `nearest`, which holds the first panel's rows and all after them.
   */
  gram(strip: number, count: number, precision: Precision, nearest?: NearestRows): Promise<GramTotal[]>
  spectrum(): Promise<LayerSpectrum>
  random(counted: CountedFilters): Promise<LayerRandom>
  /** First byte of the arena behind what the session uses. */
  readonly end: number
}

/** Rows of one panel of the Gram matrix: by the length of a row alone, for the sums of panels are part of the result. */
export function panelRows(rowLength: number): number {
  if (rowLength >= LONG_ROW) return panelLimit
  return Math.max(4, Math.min(panelLimit, Math.floor(PANEL_BYTES / (4 * rowLength)) & ~3))
}

export interface SessionOptions {
  /** Bytes of float32 up to which a layer is held in memory as a whole; a larger one is read again for each pass. */
  readonly budget: number
  /** Filters per read. */
  readonly batchSize: number | undefined
  /** Whether gram() will be called; never for a single row, which has no other. */
  readonly gram: boolean
  readonly channels: LayerChannels
  /** Whether spectrum() will be called. */
  readonly spectrum?: boolean
  /** Whether random() will be called. */
  readonly random?: boolean
  /** Sparse filters are among the scaled ones. */
  readonly kept?: boolean
}

/** How a layer lies in the arena from `room` on: | filters | scratch | packed panels | marks of channels | vectors of the spectrum, or random filters |. */
interface Layout {
  /** Whether all filters are held at the same time. */
  readonly whole: boolean
  /** Filters that are read together. */
  readonly step: number
  /** Filters that there is room for. */
  readonly held: number
  readonly panels: number
  /** Rows of a panel, and bytes of a packed one. */
  readonly rows: number
  readonly packedBytes: number
  /** Panels are packed once where there is room for all of them, otherwise once for each so many strips. */
  readonly keepsPanels: boolean
  readonly together: number
  readonly heldBytes: number
  readonly panelBytes: number
  readonly size: number
}

const aligned = (n: number): number => Math.ceil(n / 16) * 16

function layOut(wasm: WasmInstance, reader: WeightReader, shape: ConvShape, options: SessionOptions): Layout {
  const [out, inputs, height, width] = shape
  const { filters, taps } = reader
  const bytes = taps * 4
  const whole = filters * bytes <= options.budget * (reader.isScattered ? SCATTERED_TIMES : 1)
  const length = inputs * height * width
  const gram = options.gram && out > 1
  const isLong = length >= LONG_ROW
  const rows = gram && !isLong ? Math.min(panelRows(length), Math.ceil(out / 4) * 4) : 0
  const step = whole ? Math.max(1, filters) : stepOf(reader, options)
  const held = whole ? filters : Math.min(filters, Math.max(step, rows * inputs))
  const packedBytes = aligned(rows * Math.max(...gramPrecisions(out, length).map((p) => wasm.packedRowBytes(length, p))))
  const panels = rows > 0 ? Math.ceil(out / rows) : 0
  const keepsPanels = whole && (panels <= 2 || filters * bytes + panels * packedBytes <= options.budget)
  const heldBytes = aligned(held * bytes)
  // Half of what a thread may have, and no more than is left of it.
  const free = Math.min(options.budget / 2, options.budget - heldBytes)
  const together = keepsPanels || rows === 0 ? 1 : Math.max(1, Math.min(panels, Math.floor(free / packedBytes)) - 1)
  const panelBytes =
    gram && isLong ? longRowBytes(wasm, { out, inputs, taps }) : (keepsPanels ? panels : together + 1) * packedBytes
  const size =
    CLEARANCE +
    heldBytes +
    aligned(reader.scratchBytes) +
    aligned(panelBytes) +
    liveBytes(options.channels) +
    Math.max(options.spectrum ? spectrumBytes({ out, inputs, taps }) : 0, options.random ? randomBytes({ filters, taps }) : 0)
  return { whole, step, held, panels, rows, packedBytes, keepsPanels, together, heldBytes, panelBytes, size }
}

/** How many strips of a layer's Gram matrix share the panels after them: ask for so many at a time. */
export function stripsTogether(wasm: WasmInstance, reader: WeightReader, shape: ConvShape, options: SessionOptions): number {
  return layOut(wasm, reader, shape, options).together
}

/** Filters that are read together: a multiple of SEGMENT; where each read goes through all of a file's layer, as many as may be held. */
function stepOf({ taps, isScattered }: WeightReader, { budget, batchSize }: SessionOptions): number {
  const most = batchSize ?? (isScattered ? Math.floor(budget / (taps * 4 * SEGMENT)) * SEGMENT : SEGMENT)
  return Math.max(1, Math.ceil(most / SEGMENT)) * SEGMENT
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
  const { taps } = reader
  const length = inputs * height * width
  const { whole, step, held, rows, packedBytes, keepsPanels, together, heldBytes, panelBytes, size } = layOut(
    wasm,
    reader,
    shape,
    options,
  )
  const room = wasm.reserve(base + size) + base
  const data = room + (reader.position === undefined ? 0 : clearOf(room, reader.position))
  const scratch = data + heldBytes
  const packed = scratch + aligned(reader.scratchBytes)
  const filters = new FiltersInMemory(wasm, reader, { data, scratch, whole, held, batchSize: options.batchSize })
  const rowsOf = async (from: number, count: number): Promise<number> => filters.at(from * inputs, count * inputs, true)
  const panel = new LayerPanels(wasm, rowsOf, { out, rows, length, packed, packedBytes, keeps: keepsPanels })
  const live = new LiveMarks(wasm, options.channels, packed + aligned(panelBytes))
  const last = packed + aligned(panelBytes) + liveBytes(options.channels)
  return {
    end: base + size,
    async scan(from, count) {
      filters.narrowed = 0
      const segments: Scanned[] = []
      for (const [within, some] of pieces(count, reader.isScattered ? step : SEGMENT)) {
        const address = await filters.at(from + within, some)
        for (const [start, few] of pieces(some, SEGMENT)) {
          await takeTurns()
          const part = scanSegment(wasm, address + start * taps * 4, from + within + start, few, taps, 0)
          if (part.nonFinite) return { ...part, narrowed: filters.narrowed }
          for (const segment of part.segments) segments.push(segment)
        }
      }
      return { segments, narrowed: filters.narrowed, nonFinite: undefined }
    },
    async moments(from, count, limit, strict, mean) {
      const segments: SegmentMoments[] = []
      live.clear()
      for (const [within, some] of pieces(count, step)) {
        const address = await filters.at(from + within, some)
        for (const [start, few] of pieces(some, SEGMENT)) {
          await takeTurns()
          const at = address + start * taps * 4
          const segment = wasm.moments(at, few, taps, limit, strict, mean, options.kept)
          segments.push(segment)
          live.mark(at, { first: from + within + start, filters: few, taps, sparse: segment.sparse }, limit, strict)
        }
      }
      return { segments, live: live.part(from, count) }
    },
    async gram(strip, count, precision, nearest) {
      const totals: GramTotal[] = []
      for (const [within, some] of pieces(count, together)) {
        const first = strip + within
        if (length >= LONG_ROW)
          totals.push(await longRowPanel(wasm, filters, { out, inputs, taps, room: packed }, first, nearest))
        else
          for (const total of await gramStrips(wasm, panel, { out, rows, length }, { first, count: some, precision, nearest }))
            totals.push(total)
      }
      return totals
    },
    spectrum: () => layerSpectrum(wasm, filters, { out, inputs, taps, room: last }),
    random: async (counted) =>
      (await import('./layer-random.ts')).layerRandom(wasm, filters, { filters: reader.filters, taps, room: last }, counted),
  }
}

/** The scan of one segment, which lies at `address`; `from` is its first filter. */
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
