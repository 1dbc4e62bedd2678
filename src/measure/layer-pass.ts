import type { WeightReader } from '../filters/weights.ts'
import { type GramTotal, gramPrecisions, isExact } from '../gram.ts'
import type { ConvShape } from '../sources/source.ts'
import type { Kernel, Precision, SegmentMoments } from '../wasm.ts'
import type { NullableMetric } from './layer-row.ts'
import { openLayer, panelRows, pieces, type Scan } from './layer-session.ts'
import { evaluateMetrics, type LayerStatistics, type MetricMath, type MetricValues, type Pass } from './metrics.ts'
import type { Profile } from './model-row.ts'
import { type Moments, mergeMoments } from './moments.ts'

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
}

/** A layer's statistics and metrics, or its first weight that is NaN or infinite. */
export type PassResult =
  | { readonly statistics: LayerStatistics; readonly values: MetricValues; readonly narrowed: number }
  | { readonly nonFinite: { readonly index: number; readonly value: number } }

/** The passes over a layer, by one thread or shared out: each gives its parts in the layer's order. */
export interface Stages {
  scan(): Promise<readonly Scan[]>
  moments(limit: number, strict: boolean, mean: number): Promise<readonly SegmentMoments[]>
  /** One entry per panel of rows. */
  gram(precision: Precision): Promise<readonly GramTotal[]>
}

/**
 * The largest max-abs that a sparse filter has, and whether it must stay below it. The notebooks divide the peak by 100
 * and count ties; torchconvquality multiplies by 0.01, leaves ties out, and takes 1 for a layer of zeros.
 */
export function sparseLimit(peak: number, threshold: number, profile: Profile): { limit: number; strict: boolean } {
  if (profile === 'cvprw22') return { limit: peak / (1 / threshold), strict: false }
  return { limit: peak === 0 ? 1 : peak * threshold, strict: true }
}

/**
 * Reads a layer and computes its statistics in this thread; the kernel's arena from byte `base` on is used. The numbers do
 * not depend on budget and batchSize.
 * @throws InputError when its bytes cannot be read
 */
export function measureWeights(
  kernel: Kernel,
  reader: WeightReader,
  shape: ConvShape,
  options: PassOptions,
  base: number = 0,
): Promise<PassResult> {
  const [out, inputs, height, width] = shape
  const gram = options.passes.has('gram') && out > 1
  const { budget = MEMORY_BUDGET, batchSize } = options
  const session = openLayer(kernel, base, reader, shape, { budget, batchSize, gram })
  const { filters } = reader
  return combine(
    shape,
    options,
    {
      scan: async () => [await session.scan(0, filters)],
      moments: (limit, strict, mean) => session.moments(0, filters, limit, strict, mean),
      async gram(precision) {
        const strips: GramTotal[] = []
        const rows = panelRows(inputs * height * width)
        for (const [first] of pieces(out, rows)) strips.push(await session.gram(first / rows, precision))
        return strips
      },
    },
    kernel,
  )
}

/** Puts the parts of a layer's passes together, from left to right: the only place where they are added. */
export async function combine(shape: ConvShape, options: PassOptions, stages: Stages, math: MetricMath): Promise<PassResult> {
  const [out_channels, inputs, height, width] = shape
  const taps = height * width
  let peak = 0
  let total = 0
  let norm_l1 = 0
  let narrowed = 0
  for (const scan of await stages.scan()) {
    if (scan.nonFinite) return { nonFinite: scan.nonFinite }
    for (const segment of scan.segments) {
      if (segment.peak > peak) peak = segment.peak
      total += segment.sum
      norm_l1 += segment.absoluteSum
    }
    narrowed += scan.narrowed
  }
  const filters = out_channels * inputs
  const mean = filters === 0 ? 0 : total / (filters * taps)
  const { limit, strict } = sparseLimit(peak, options.threshold, options.profile)
  const segments = await stages.moments(limit, strict, mean)
  const merged = (set: (segment: SegmentMoments) => Moments): Moments =>
    segments.length === 1 ? set(segments[0]!) : mergeMoments(segments.map(set), taps)
  let sparse_filters = 0
  let deviation = 0
  for (const segment of segments) {
    sparse_filters += segment.sparse
    deviation += segment.deviation
  }
  const gram = options.passes.has('gram') && out_channels > 1 ? await gramSum(shape, stages) : undefined
  const statistics: LayerStatistics = {
    out_channels,
    filters,
    taps,
    peak,
    sparse_filters,
    scaled: merged((segment) => segment.scaled),
    raw: merged((segment) => segment.raw),
    clean: merged((segment) => segment.clean),
    norm_l1,
    deviation,
    gram,
  }
  const values = evaluateMetrics(statistics, math, options.profile, options.metrics)
  return { statistics, values, narrowed }
}

/** Σ |r_a · r_b - [a = b]| over all ordered pairs of rows, in the first arithmetic that is exact enough for this layer. */
async function gramSum([out, inputs, height, width]: ConvShape, stages: Stages): Promise<number> {
  let found = 0
  for (const precision of gramPrecisions(out, inputs * height * width)) {
    let sum = 0
    let near = 0
    let inverseSquares = 0
    for (const strip of await stages.gram(precision)) {
      sum += strip.sum
      near += strip.near
      inverseSquares += strip.inverseSquares
    }
    found = sum
    if (isExact(precision, out, { sum, near, inverseSquares })) break
  }
  return found
}
