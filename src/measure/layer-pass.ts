import type { WeightReader } from '../filters/weights.ts'
import type { ConvShape } from '../sources/source.ts'
import type { Kernel } from '../wasm.ts'
import { type LayerStatistics, type Pass, valueMean } from './metrics.ts'
import type { Profile } from './model-row.ts'
import { type Moments, mergeMoments } from './moments.ts'

/**
 * Filters of a segment: the unit of summation. A layer's statistics are its segments' merged from left to right,
 * whatever the size of a read, the memory at hand or the number of workers.
 */
export const SEGMENT = 65536

/** Bytes of float32 up to which a layer is held in memory as a whole; a larger one is read again for each pass. */
export const MEMORY_BUDGET = 256 << 20

/** Packed rows of one panel of the Gram matrix take about this many bytes, and there are no more than this many of them. */
const PANEL_BYTES = 8 << 20
const PANEL_ROWS = 128

export interface PassOptions {
  readonly threshold: number
  readonly profile: Profile
  readonly passes: ReadonlySet<Pass>
  /** Bytes; see MEMORY_BUDGET. */
  readonly budget?: number
  /** Filters per read, at least; rounded up to whole segments when a layer is not held in memory. */
  readonly batchSize?: number
}

/** A weight that is NaN or infinite, as the first in the layer's (out, in, row, column) order. */
export interface NonFinite {
  readonly index: number
  readonly value: number
}

export type PassResult = { readonly statistics: LayerStatistics; readonly narrowed: number } | { readonly nonFinite: NonFinite }

/**
 * The largest max-abs that a sparse filter has, and whether it must stay below it. The notebooks divide the peak by 100
 * and count ties; torchconvquality multiplies by 0.01, leaves ties out, and takes 1 for a layer of zeros.
 */
export function sparseLimit(peak: number, threshold: number, profile: Profile): { limit: number; strict: boolean } {
  if (profile === 'cvprw22') return { limit: peak / (1 / threshold), strict: false }
  return { limit: peak === 0 ? 1 : peak * threshold, strict: true }
}

/** Rows of one panel of the Gram matrix: by the layer's shape alone, for the sum of panels is part of the result. */
export function panelRows(rowBytes: number): number {
  return Math.max(4, Math.min(PANEL_ROWS, Math.floor(PANEL_BYTES / rowBytes) & ~3))
}

/** A layer's filters in the kernel's memory, all of them or piece by piece. */
interface Window {
  /** The address of filters [from, from + count), which stay there until the next call. */
  at(from: number, count: number): Promise<number>
  readonly narrowed: () => number
}

/**
 * Reads a layer and computes its statistics. The numbers do not depend on budget and batchSize.
 * @throws InputError when its bytes cannot be read
 */
export async function measureWeights(
  kernel: Kernel,
  reader: WeightReader,
  shape: ConvShape,
  options: PassOptions,
): Promise<PassResult> {
  const [out_channels, inputs] = shape
  const { filters, taps } = reader
  const bytes = filters * taps * 4
  const whole = bytes <= (options.budget ?? MEMORY_BUDGET)
  const step = whole ? Math.max(1, filters) : Math.ceil((options.batchSize ?? SEGMENT) / SEGMENT) * SEGMENT
  const rowBytes = kernel.packedRowBytes(inputs * taps)
  const rows = panelRows(rowBytes)
  const pieceFilters = Math.min(filters, Math.max(step, rows * inputs))
  const aligned = (n: number): number => Math.ceil(n / 16) * 16
  const data = kernel.reserve(aligned(pieceFilters * taps * 4) + aligned(reader.scratchBytes) + 2 * rows * rowBytes + 32)
  const scratch = data + aligned(pieceFilters * taps * 4)
  const packed = scratch + aligned(reader.scratchBytes)
  const window = await openWindow(kernel, reader, data, scratch, whole, options.batchSize ?? filters)

  let peak = 0
  for (const [from, count] of pieces(filters, step)) {
    const address = await window.at(from, count)
    const index = kernel.firstNonFinite(address, count * taps)
    if (index >= 0) return { nonFinite: { index: from * taps + index, value: kernel.f32(address + 4 * index, 1)[0]! } }
    const top = kernel.peak(address, count * taps)
    if (top > peak) peak = top
  }

  const { limit, strict } = sparseLimit(peak, options.threshold, options.profile)
  let sparse_filters = 0
  let norm_l1 = 0
  const sets: { scaled: Moments[]; raw: Moments[]; clean: Moments[] } = { scaled: [], raw: [], clean: [] }
  for (const [from, count] of pieces(filters, step)) {
    const address = await window.at(from, count)
    for (const [within, some] of pieces(count, SEGMENT)) {
      const segment = kernel.moments(address + within * taps * 4, some, taps, limit, strict)
      sparse_filters += segment.sparse
      norm_l1 += segment.absoluteSum
      sets.scaled.push(segment.scaled)
      sets.raw.push(segment.raw)
      sets.clean.push(segment.clean)
    }
  }
  const raw = mergeMoments(sets.raw, taps)

  let deviation: number | undefined
  if (options.passes.has('deviation')) {
    const mean = valueMean(raw)
    deviation = 0
    for (const [from, count] of pieces(filters, step)) {
      const address = await window.at(from, count)
      for (const [within, some] of pieces(count, SEGMENT)) {
        deviation += kernel.absoluteDeviation(address + within * taps * 4, some * taps, mean)
      }
    }
  }

  const gram =
    options.passes.has('gram') && out_channels > 1 ? await gramSum(kernel, window, shape, rows, packed, rowBytes) : undefined
  const statistics: LayerStatistics = {
    out_channels,
    filters,
    taps,
    peak,
    sparse_filters,
    scaled: mergeMoments(sets.scaled, taps),
    raw,
    clean: mergeMoments(sets.clean, taps),
    norm_l1,
    deviation,
    gram,
  }
  return { statistics, narrowed: window.narrowed() }
}

/** Sum over all ordered pairs of rows of |r_a · r_b - [a = b]|: panel by panel, each pair of panels once. */
async function gramSum(
  kernel: Kernel,
  window: Window,
  [out, inputs, height, width]: ConvShape,
  rows: number,
  packed: number,
  rowBytes: number,
): Promise<number> {
  const length = inputs * height * width
  const second = packed + rows * rowBytes
  let total = 0
  for (const [a, rowsA] of pieces(out, rows)) {
    kernel.packRows(await window.at(a * inputs, rowsA * inputs), rowsA, length, packed)
    let sum = kernel.gramDiagonal(packed, rowsA, length)
    for (const [skip, rowsB] of pieces(out - a - rowsA, rows)) {
      const b = a + rowsA + skip
      kernel.packRows(await window.at(b * inputs, rowsB * inputs), rowsB, length, second)
      sum += 2 * kernel.gramBlock(packed, rowsA, second, rowsB, length)
    }
    total += sum
  }
  return total
}

async function openWindow(
  kernel: Kernel,
  reader: WeightReader,
  data: number,
  scratch: number,
  whole: boolean,
  batchSize: number,
): Promise<Window> {
  let narrowed = 0
  if (!whole) {
    // Every pass reads the same weights again, so only the first one's count of narrowed values is kept.
    let seen = 0
    return {
      async at(from, count) {
        const some = await reader.read(kernel, data, scratch, from, count)
        if (from >= seen) {
          narrowed += some
          seen = from + count
        }
        return data
      },
      narrowed: () => narrowed,
    }
  }
  for (const [from, count] of pieces(reader.filters, Math.max(1, batchSize))) {
    narrowed += await reader.read(kernel, data + from * reader.taps * 4, scratch, from, count)
  }
  return { at: async (from) => data + from * reader.taps * 4, narrowed: () => narrowed }
}

/** [start, length] of consecutive pieces of at most `step`. */
export function* pieces(total: number, step: number): Generator<[from: number, count: number]> {
  for (let from = 0; from < total; from += step) yield [from, Math.min(step, total - from)]
}
