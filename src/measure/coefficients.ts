import type { Input, LazyInput } from '../io/random-access.ts'
import { type FilterBasis, openInstance, type WasmInstance } from '../wasm/module.ts'
import { weightReader } from '../weights/reader.ts'
import { sparseLimit } from './layer-pass.ts'
import type { LayerRow } from './layer-row.ts'
import { layersAgain, type MeasuredRun } from './layers-again.ts'
import { pieces } from './segments.ts'
import type { SelectedLayer } from './select.ts'

/** Number of equal bins of a coefficient histogram. */
export const coefficientBins = 70

/** Bytes of float32 that are read at a time; results do not depend on it. */
const PIECE = 64 << 20

/** Coefficient histograms of a set of filters, per component of the basis (9 of them, or as many as taps). */
export interface Histograms {
  /** Non-sparse filters: what the histograms hold. */
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

export interface CoefficientOptions {
  /** Layers of other models and of other kernel sizes than the basis are not read. Default: all models of the table. */
  readonly models?: ReadonlySet<string>
  /** Models whose filters make the common range too, though they are in no histogram. */
  readonly inRange?: ReadonlySet<string>
  /** Model names by input path, as they were given to `measure`. */
  readonly names?: ReadonlyMap<string, string>
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly model: string }) => void
}

/**
 * Reads the filters of a measured run again, twice: for the common range, then for the histograms of their coefficients
 * (w / own max-abs - mean) · component; a filter of zeros counts as zeros. Layers are found again by model and layer_id.
 * Exact counts: the result does not depend on the order of work.
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
  const ofBasis = analysis.layers.filter((row) => tapsOf(row) === taps)
  const wanted = ofBasis.filter((row) => models === undefined || models.has(row.model))
  const ranging = ofBasis.filter((row) => models === undefined || models.has(row.model) || inRange?.has(row.model))
  const again = { inputs: [...inputs], analysis, options }
  const wasm = await openInstance()
  const filtersIn = (rows: readonly LayerRow[]): number => rows.reduce((sum, row) => sum + row.filters, 0)
  const total = filtersIn(ranging) + filtersIn(wanted)
  let done = 0
  const reportProgress = (row: LayerRow): void => {
    done += row.filters
    options.onProgress?.({ done, total, model: row.model })
  }

  const ranges = new Map<LayerRow, { min: Float64Array; max: Float64Array }>()
  for await (const { row, layer } of layersAgain({ ...again, wanted: ranging })) {
    const min = new Float64Array(taps).fill(Infinity)
    const max = new Float64Array(taps).fill(-Infinity)
    for await (const [address, count] of filtersOf(wasm, layer)) {
      const { lowest, highest } = wasm.coefficientRange(address, count, taps, basis)
      for (let c = 0; c < taps; c++) {
        min[c] = Math.min(min[c]!, lowest[c]!)
        max[c] = Math.max(max[c]!, highest[c]!)
      }
    }
    ranges.set(row, { min, max })
    reportProgress(row)
  }
  let low = Infinity
  let high = -Infinity
  for (const { min, max } of ranges.values()) {
    low = min.reduce((a, b) => Math.min(a, b), low)
    high = max.reduce((a, b) => Math.max(a, b), high)
  }
  if (low > high) return { range: [0, 1], layers: [] }

  const { threshold, profile } = analysis.parameters
  const counted = new Map<LayerRow, Float64Array>()
  for await (const { row, layer } of layersAgain({ ...again, wanted })) {
    const counts = new Float64Array(taps * coefficientBins)
    const range = { low, high, ...sparseLimit(row.peak, threshold, profile) }
    for await (const [address, count] of filtersOf(wasm, layer)) {
      wasm.coefficientHistogram(address, count, taps, basis, range, counts)
    }
    counted.set(row, counts)
    reportProgress(row)
  }
  return {
    range: [low, high],
    layers: wanted.map((row) => ({
      model: row.model,
      layer_id: row.layer_id,
      filters: row.filters - row.sparse_filters,
      counts: counted.get(row)!,
      ...ranges.get(row)!,
    })),
  }
}

/** A layer's filters in the module's memory, piece by piece: address and count. */
async function* filtersOf(wasm: WasmInstance, { convolution }: SelectedLayer): AsyncGenerator<[address: number, count: number]> {
  const reader = weightReader(convolution.weights, convolution.shape)
  const most = Math.max(1, Math.floor(PIECE / (reader.taps * 4)))
  const bytes = Math.ceil((Math.min(most, reader.filters) * reader.taps * 4) / 16) * 16
  const address = wasm.reserve(bytes + reader.scratchBytes)
  for (const [from, count] of pieces(reader.filters, most)) {
    await reader.read(wasm, address, address + bytes, from, count)
    yield [address, count]
  }
}

function tapsOf({ kernel }: LayerRow): number {
  const [rows, columns] = kernel.split('x').map(Number)
  return rows! * columns!
}
