import { type GramTotal, gramPrecisions, isExact, LONG_ROW } from '../wasm/gram.ts'
import type { NearestRows, Precision, SegmentMoments, WasmInstance } from '../wasm/module.ts'
import { type Moments, mergeMoments } from '../wasm/moments.ts'
import type { ConvShape } from '../weights/plan.ts'
import type { WeightReader } from '../weights/reader.ts'
import type { SparseLimit } from '../weights/sparse-filter.ts'
import type { CountedFilters, LayerRandom } from './layer-random.ts'
import type { NullableMetric } from './layer-row.ts'
import { openLayer, panelRows, type Scan, scanSegment } from './layer-session.ts'
import type { LayerSpectrum } from './layer-spectrum.ts'
import { channelsOf, DeadChannels, type DeadCounts, deadOf, LiveMarks, liveBytes } from './live-channels.ts'
import { evaluateMetrics, type MetricValues } from './metrics/evaluate.ts'
import type { LayerStatistics, MetricMath } from './metrics/metric.ts'
import type { Pass } from './metrics/registry.ts'
import type { Profile } from './model-row.ts'
import { keepsSparse } from './profile.ts'
import { SEGMENT } from './segments.ts'

/** Bytes of weights held in memory at a time, over all workers. */
export const MEMORY_BUDGET = 256 << 20

export interface PassOptions {
  /** Metrics to compute; default: all. */
  readonly metrics?: ReadonlySet<NullableMetric>
  readonly threshold: number
  readonly profile: Profile
  readonly passes: ReadonlySet<Pass>
  /** Bytes; a layer of more float32 is read again for each pass instead of being held. Default MEMORY_BUDGET. */
  readonly budget?: number
  /** Filters per read; default: all that is held. */
  readonly batchSize?: number
  /** Groups of the layer's convolution; default 1. */
  readonly groups?: number
}

/** A layer's statistics and metrics, or its first weight that is NaN or infinite. */
export type PassResult =
  | { readonly statistics: LayerStatistics; readonly values: MetricValues; readonly narrowed: number }
  | { readonly nonFinite: { readonly index: number; readonly value: number } }

/** The passes over a layer, by one thread or shared out: each gives its parts in the layer's order. */
export interface Stages {
  scan(): Promise<readonly Scan[]>
  moments(limit: number, strict: boolean, mean: number, live: DeadChannels): Promise<readonly SegmentMoments[]>
  /** One entry per panel of rows; raises `nearest`. */
  gram(precision: Precision, nearest: NearestRows): Promise<readonly GramTotal[]>
  spectrum(): Promise<LayerSpectrum>
  random(counted: CountedFilters): Promise<LayerRandom>
}

/**
 * The largest max-abs that a sparse filter has, and whether it must stay below it. The notebooks divide the peak by 100
 * and count ties; torchconvquality multiplies by 0.01, leaves ties out, and takes 1 for a layer of zeros.
 */
export function sparseLimit(peak: number, threshold: number, profile: Profile): SparseLimit {
  if (profile === 'cvprw22') return { limit: peak / (1 / threshold), strict: false }
  return { limit: peak === 0 ? 1 : peak * threshold, strict: true }
}

/** The same for what is counted in histograms of coefficients: in a profile that keeps sparse filters none is left out. */
export function countedLimit(peak: number, threshold: number, profile: Profile): SparseLimit {
  return keepsSparse(profile) ? { limit: -1, strict: false } : sparseLimit(peak, threshold, profile)
}

/**
 * Reads a layer and computes its statistics in this thread; the module's arena from byte `base` on is used. The numbers do
 * not depend on budget and batchSize.
 * @throws InputError when its bytes cannot be read
 */
export function measureWeights(
  wasm: WasmInstance,
  reader: WeightReader,
  shape: ConvShape,
  options: PassOptions,
  base: number = 0,
): Promise<PassResult> {
  if (isSmall(reader, shape, options)) return measureSmall(wasm, reader, shape, options, base)
  const [out, inputs, height, width] = shape
  const gram = wantsGram(shape, options)
  const { budget = MEMORY_BUDGET, batchSize } = options
  const session = openLayer(wasm, base, reader, shape, {
    budget,
    batchSize,
    gram,
    channels: channelsOf(shape, options.groups),
    spectrum: options.passes.has('spectrum'),
    random: options.passes.has('random'),
    kept: keepsSparse(options.profile),
  })
  const { filters } = reader
  return combine(
    shape,
    options,
    {
      scan: async () => [await session.scan(0, filters)],
      async moments(limit, strict, mean, live) {
        const part = await session.moments(0, filters, limit, strict, mean)
        live.add(part.live)
        return part.segments
      },
      gram: (precision, nearest) => session.gram(0, Math.ceil(out / panelRows(inputs * height * width)), precision, nearest),
      spectrum: () => session.spectrum(),
      random: (counted) => session.random(counted),
    },
    wasm,
  )
}

/** Puts the parts of a layer's passes together. */
export async function combine(shape: ConvShape, options: PassOptions, stages: Stages, math: MetricMath): Promise<PassResult> {
  const scanned = scanResult(await stages.scan(), shape, options)
  if ('nonFinite' in scanned) return scanned
  const dead = new DeadChannels(channelsOf(shape, options.groups))
  const segments = await stages.moments(scanned.limit, scanned.strict, scanned.mean, dead)
  let gram: RowProducts | undefined
  if (wantsGram(shape, options)) {
    const [out, inputs, height, width] = shape
    for (const precision of gramPrecisions(out, inputs * height * width)) {
      const nearest = { from: 0, cosines: new Float64Array(out) }
      const total = gramTotal(await stages.gram(precision, nearest))
      gram = { sum: total.sum, ...nearestOf(nearest.cosines) }
      if (isExact(precision, out, total)) break
    }
  }
  const [out, inputs] = shape
  const spectrum = options.passes.has('spectrum') ? await stages.spectrum() : undefined
  const random = options.passes.has('random') ? await stages.random(countedFilters(scanned, segments, shape, options)) : undefined
  return resultOf(scanned, { segments, dead: dead.counts(out * inputs), gram, spectrum, random }, shape, options, math)
}

/** One segment and one panel that are read in one piece. */
function isSmall({ filters, taps }: WeightReader, [out, inputs, height, width]: ConvShape, options: PassOptions): boolean {
  const { budget = MEMORY_BUDGET, batchSize = filters } = options
  return (
    filters > 0 &&
    !options.passes.has('spectrum') &&
    !options.passes.has('random') &&
    filters <= Math.min(SEGMENT, batchSize) &&
    filters * taps * 4 <= budget &&
    out <= panelRows(inputs * height * width) &&
    inputs * height * width < LONG_ROW
  )
}

/** Like the long way with its one part of each kind; nothing is waited for but the read, which is what most tiny layers cost. */
async function measureSmall(
  wasm: WasmInstance,
  reader: WeightReader,
  shape: ConvShape,
  options: PassOptions,
  base: number,
): Promise<PassResult> {
  const [out, inputs, height, width] = shape
  const { filters, taps } = reader
  const length = inputs * height * width
  const precisions = wantsGram(shape, options) ? gramPrecisions(out, length) : []
  let packedBytes = 0
  for (const precision of precisions) packedBytes = Math.max(packedBytes, (out + 3) * wasm.packedRowBytes(length, precision))
  const aligned = (n: number): number => Math.ceil(n / 16) * 16
  const channels = channelsOf(shape, options.groups)
  const bytes = aligned(filters * taps * 4) + aligned(reader.scratchBytes) + aligned(packedBytes) + liveBytes(channels)
  const data = wasm.reserve(base + 16 + bytes) + aligned(base)
  const scratch = data + aligned(filters * taps * 4)
  const packed = scratch + aligned(reader.scratchBytes)

  const narrowed = await reader.read(wasm, data, scratch, 0, filters)
  const scanned = scanResult([scanSegment(wasm, data, 0, filters, taps, narrowed)], shape, options)
  if ('nonFinite' in scanned) return scanned
  const segment = wasm.moments(data, filters, taps, scanned.limit, scanned.strict, scanned.mean, keepsSparse(options.profile))
  const { limit, strict } = scanned
  const dead = deadOf(channels, segment.sparse, () => {
    const live = new LiveMarks(wasm, channels, packed + aligned(packedBytes))
    live.clear()
    live.mark(data, { first: 0, filters, taps, sparse: segment.sparse }, limit, strict)
    return live.part(0, filters)
  })
  let gram: RowProducts | undefined
  for (const precision of precisions) {
    const inverseSquares = wasm.packRows(data, out, length, packed, precision)
    const { sum, near } = wasm.gramPanels(packed, out, packed, out, length, precision)
    const nearest = wasm.nearestOfAll(out, DUPLICATE)
    gram = { sum, nearest: nearest.sum / out, duplicates: nearest.above }
    if (isExact(precision, out, { sum, near, inverseSquares })) break
  }
  return resultOf(scanned, { segments: [segment], dead, gram, spectrum: undefined, random: undefined }, shape, options, wasm)
}

/** Whether the rows of a layer are multiplied with each other: a single one has no other. */
export function wantsGram([out]: ConvShape, { passes }: PassOptions): boolean {
  return out > 1 && passes.has('gram')
}

/** What the scan of a layer gives: its sums, and the limit below which its filters are sparse. */
interface LayerScan {
  readonly peak: number
  /** Of all weights. */
  readonly mean: number
  readonly norm_l1: number
  readonly zero_weights: number
  readonly narrowed: number
  readonly limit: number
  readonly strict: boolean
}

/** Parts are added from left to right, here and in the two functions below and nowhere else. */
function scanResult(
  scans: readonly Scan[],
  [out, inputs, height, width]: ConvShape,
  options: PassOptions,
): LayerScan | { readonly nonFinite: { readonly index: number; readonly value: number } } {
  let peak = 0
  let total = 0
  let norm_l1 = 0
  let zero_weights = 0
  let narrowed = 0
  for (const scan of scans) {
    if (scan.nonFinite) return { nonFinite: scan.nonFinite }
    for (const segment of scan.segments) {
      if (segment.peak > peak) peak = segment.peak
      total += segment.sum
      norm_l1 += segment.absoluteSum
      zero_weights += segment.zeros
    }
    narrowed += scan.narrowed
  }
  const values = out * inputs * height * width
  const { limit, strict } = sparseLimit(peak, options.threshold, options.profile)
  return { peak, mean: values === 0 ? 0 : total / values, norm_l1, zero_weights, narrowed, limit, strict }
}

function gramTotal(strips: readonly GramTotal[]): GramTotal {
  let sum = 0
  let near = 0
  let inverseSquares = 0
  for (const strip of strips) {
    sum += strip.sum
    near += strip.near
    inverseSquares += strip.inverseSquares
  }
  return { sum, near, inverseSquares }
}

/** Of all rows of a layer: Σ |r_a · r_b - [a = b]| over all ordered pairs; of the largest |r_a · r_b| that each has with another the mean, and how many are duplicates. */
interface RowProducts {
  readonly sum: number
  readonly nearest: number
  readonly duplicates: number
}

/** What the passes behind the scan give. */
interface LayerParts {
  readonly segments: readonly SegmentMoments[]
  readonly dead: DeadCounts
  readonly gram: RowProducts | undefined
  readonly spectrum: LayerSpectrum | undefined
  readonly random: LayerRandom | undefined
}

/** Output channels whose nearest has at least this |cosine| are duplicates. */
const DUPLICATE = 0.99

function nearestOf(cosines: Float64Array): Omit<RowProducts, 'sum'> {
  let sum = 0
  let duplicates = 0
  for (const cosine of cosines) {
    sum += Math.min(1, cosine)
    if (cosine >= DUPLICATE) duplicates++
  }
  return { nearest: sum / cosines.length, duplicates }
}

function mergedOf(segments: readonly SegmentMoments[], set: 'scaled' | 'raw' | 'clean', taps: number): Moments {
  if (segments.length === 1) return segments[0]![set]
  return mergeMoments(
    segments.map((segment) => segment[set]),
    taps,
  )
}

/** The filters of a layer that count in histograms of coefficients. */
function countedFilters(
  { peak }: LayerScan,
  segments: readonly SegmentMoments[],
  [, , height, width]: ConvShape,
  { threshold, profile }: PassOptions,
): CountedFilters {
  return { scaled: mergedOf(segments, 'scaled', height * width), limit: countedLimit(peak, threshold, profile) }
}

function resultOf(
  { peak, norm_l1, zero_weights, narrowed }: LayerScan,
  { segments, dead, gram, spectrum, random }: LayerParts,
  [out_channels, inputs, height, width]: ConvShape,
  options: PassOptions,
  math: MetricMath,
): PassResult {
  const taps = height * width
  let sparse_filters = 0
  let deviation = 0
  for (const segment of segments) {
    sparse_filters += segment.sparse
    deviation += segment.deviation
  }
  const statistics: LayerStatistics = {
    out_channels,
    filters: out_channels * inputs,
    taps,
    height,
    width,
    peak,
    sparse_filters,
    scaled: mergedOf(segments, 'scaled', taps),
    raw: mergedOf(segments, 'raw', taps),
    clean: mergedOf(segments, 'clean', taps),
    norm_l1,
    zero_weights,
    ...dead,
    deviation,
    gram: gram?.sum,
    nearest: gram?.nearest,
    duplicates: gram?.duplicates,
    spectrum,
    random,
  }
  return { statistics, values: evaluateMetrics(statistics, math, options.profile, options.metrics), narrowed }
}
