import type { Input, LazyInput } from '../io/random-access.ts'
import { coefficientBins } from '../shift/bins.ts'
import { type FilterBasis, openInstance, type WasmInstance } from '../wasm/module.ts'
import { readerInOrder } from '../weights/in-order.ts'
import { tapsOf } from './kernel-size.ts'
import { countedLimit } from './layer-pass.ts'
import type { LayerRow } from './layer-row.ts'
import { type AgainOptions, type LayerPlace, layersAgain, type MeasuredRun, type WantedLayers, wantedOf } from './layers-again.ts'
import { keepsSparse } from './profile.ts'
import { pieces } from './segments.ts'
import type { SelectedLayer } from './select.ts'

export { coefficientBins }

/** Bytes of float32 that are read at a time; results do not depend on it. */
const PIECE = 64 << 20

/** Coefficient histograms of a set of filters, per component of the basis (9 of them, or as many as taps). */
export interface Histograms {
  /** What the histograms hold: non-sparse filters, and in the profile cvpr22 all. */
  readonly filters: number
  /** components × 70, row-major; the last bin is closed. */
  readonly counts: Float64Array
  /** Smallest and largest coefficient per component over all filters, sparse ones included; Infinity and -Infinity without filters. */
  readonly min: Float64Array
  readonly max: Float64Array
}

/** What the second pass over the filters keeps of a layer. */
export interface LayerCoefficients extends Histograms {
  readonly model: string
  readonly layer_id: number
}

/** The coefficients of layers in one basis over one range. */
export interface CoefficientPass {
  /** Common to all components: minimum and maximum of all coefficients of all filters, sparse ones included. */
  readonly range: readonly [low: number, high: number]
  /** In the order of the layer table. */
  readonly layers: readonly LayerCoefficients[]
}

export interface CoefficientOptions extends AgainOptions {
  /** Layers of other models and of other kernel sizes than the basis are not read. Default: all models of the table. */
  readonly models?: ReadonlySet<string>
  /** Models whose filters make the common range too, though they are in no histogram. */
  readonly inRange?: ReadonlySet<string>
  /** Takes the place of reading the filters: where their coefficients are known already. */
  readonly read?: ((reading: CoefficientReading) => Promise<void>) | undefined
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly model: string }) => void
}

/** Whose filters are read, and who hears of their coefficients: first the range of every layer, then its counts. */
export interface CoefficientReading {
  readonly inputs: readonly (Input | LazyInput)[]
  readonly analysis: Omit<MeasuredRun, 'layers'>
  readonly basis: FilterBasis
  /** Layers whose filters are counted; those of other kernel sizes than the basis are passed over. */
  readonly wanted: WantedLayers<RangedLayer>
  /** Layers whose filters make the common range: the same, and others. */
  readonly ranging: WantedLayers<RangedLayer>
  /** Filters of both, for the progress. */
  readonly filters: number
  readonly options: Omit<CoefficientOptions, 'models' | 'inRange'>
  /** The smallest and largest coefficient of each component over all filters of a layer, sparse ones included. */
  readonly onRange: (row: RangedLayer, range: Pick<Histograms, 'min' | 'max'>) => void
  /** The common range, when every layer's is known. */
  readonly onCommonRange: (range: readonly [low: number, high: number]) => void
  readonly onCounts: (row: RangedLayer, counts: Pick<Histograms, 'filters' | 'counts'>) => void
}

/** What the second pass needs of a layer's row. */
export type RangedLayer = LayerPlace & Pick<LayerRow, 'peak' | 'sparse_filters' | 'conv_depth_norm'>

/**
 * Reads the filters of a measured run again, twice: for the common range, then for the histograms of their coefficients
 * (w / own max-abs - mean) · component; a filter of zeros counts as zeros. Layers are found again by model and layer_id.
 * Exact counts: the result does not depend on the order of work.
 * @throws InputError when an input cannot be read again, or no longer holds the layers that were measured
 */
export async function readCoefficients(reading: CoefficientReading): Promise<void> {
  const { inputs, analysis, basis, options, onRange, onCommonRange, onCounts } = reading
  if (options.read) return options.read(reading)
  const taps = basis.mean.length
  const own = ({ models, of }: WantedLayers<RangedLayer>): WantedLayers<RangedLayer> => ({
    models,
    of: (model) => ofTaps(of(model), taps),
  })
  const again = { inputs, analysis, options }
  const wasm = await openInstance()
  let done = 0
  const reportProgress = (row: RangedLayer): void => {
    done += row.filters
    options.onProgress?.({ done, total: reading.filters, model: row.model })
  }

  let low = Infinity
  let high = -Infinity
  for await (const { row, layer } of layersAgain({ ...again, wanted: own(reading.ranging) })) {
    const min = new Float64Array(taps).fill(Infinity)
    const max = new Float64Array(taps).fill(-Infinity)
    for await (const [address, count] of layerPieces(wasm, layer)) {
      const { lowest, highest } = wasm.coefficientRange(address, count, taps, basis)
      for (let c = 0; c < taps; c++) {
        min[c] = Math.min(min[c]!, lowest[c]!)
        max[c] = Math.max(max[c]!, highest[c]!)
      }
    }
    low = min.reduce((a, b) => Math.min(a, b), low)
    high = max.reduce((a, b) => Math.max(a, b), high)
    onRange(row, { min, max })
    reportProgress(row)
  }
  onCommonRange(low > high ? [0, 1] : [low, high])
  if (low > high) return

  const { threshold, profile } = analysis.parameters
  const kept = keepsSparse(profile)
  for await (const { row, layer } of layersAgain({ ...again, wanted: own(reading.wanted) })) {
    const counts = new Float64Array(taps * coefficientBins)
    const range = { low, high, ...countedLimit(row.peak, threshold, profile) }
    for await (const [address, count] of layerPieces(wasm, layer)) {
      wasm.coefficientHistogram(address, count, taps, basis, range, counts)
    }
    onCounts(row, { filters: kept ? row.filters : row.filters - row.sparse_filters, counts })
    reportProgress(row)
  }
}

async function* ofTaps(batches: AsyncIterable<readonly RangedLayer[]>, taps: number): AsyncGenerator<readonly RangedLayer[]> {
  for await (const rows of batches) {
    const own = rows.filter((row) => tapsOf(row.kernel) === taps)
    if (own.length > 0) yield own
  }
}

/**
 * The coefficients of every layer of a run, as `readCoefficients` reads them, in memory.
 * @param inputs those of `analysis`, in the same order; each must be readable again (a LazyInput, bytes in memory, a Blob)
 * @throws InputError when an input cannot be read again, or no longer holds the layers that were measured
 * @example
 * const inputs = await listInputs(['net.onnx'])
 * const analysis = await analyze(inputs)
 * const basis = principalComponents(mergeMoments(analysis.layers.map(({ scaled }) => scaled)))
 * const { range, layers } = await measureCoefficients(inputs, analysis, basis)
 * console.log(range, layers.length)
 */
export async function measureCoefficients(
  inputs: Iterable<Input | LazyInput>,
  analysis: MeasuredRun<LayerRow>,
  basis: FilterBasis,
  options: CoefficientOptions = {},
): Promise<CoefficientPass> {
  const taps = basis.mean.length
  const { models, inRange } = options
  const ofBasis = analysis.layers.filter((row) => tapsOf(row.kernel) === taps)
  const wanted = ofBasis.filter((row) => models === undefined || models.has(row.model))
  const ranging = ofBasis.filter((row) => models === undefined || models.has(row.model) || inRange?.has(row.model))
  const filtersIn = (rows: readonly LayerRow[]): number => rows.reduce((sum, row) => sum + row.filters, 0)
  const ranges = new Map<RangedLayer, Pick<Histograms, 'min' | 'max'>>()
  const counted = new Map<RangedLayer, Pick<Histograms, 'filters' | 'counts'>>()
  let common: readonly [low: number, high: number] = [0, 1]
  await readCoefficients({
    inputs: [...inputs],
    analysis,
    basis,
    wanted: wantedOf(wanted),
    ranging: wantedOf(ranging),
    filters: filtersIn(ranging) + filtersIn(wanted),
    options,
    onRange: (row, range) => void ranges.set(row, range),
    onCommonRange: (range) => void (common = range),
    onCounts: (row, counts) => void counted.set(row, counts),
  })
  return {
    range: common,
    layers: wanted.flatMap((row) => {
      const [range, counts] = [ranges.get(row), counted.get(row)]
      return range && counts ? [{ model: row.model, layer_id: row.layer_id, ...counts, ...range }] : []
    }),
  }
}

/** A layer's filters in the module's memory, piece by piece: address and count. */
export async function* layerPieces(
  wasm: WasmInstance,
  { convolution }: Pick<SelectedLayer, 'convolution'>,
): AsyncGenerator<[address: number, count: number]> {
  const { reader, close } = await readerInOrder(wasm, convolution.weights, convolution.shape)
  const most = Math.max(1, Math.floor(PIECE / (reader.taps * 4)))
  const bytes = Math.ceil((Math.min(most, reader.filters) * reader.taps * 4) / 16) * 16
  const address = wasm.reserve(bytes + reader.scratchBytes)
  try {
    for (const [from, count] of pieces(reader.filters, most)) {
      await reader.read(wasm, address, address + bytes, from, count)
      yield [address, count]
    }
  } finally {
    await close()
  }
}
