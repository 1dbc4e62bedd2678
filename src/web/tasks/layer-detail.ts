import { coefficientBins } from '../../analysis/coefficients.ts'
import type { FilterBasis, WasmInstance } from '../../wasm/module.ts'
import type { WeightReader } from '../../weights/reader.ts'
import { isSparseFilter, largestWeight } from '../../weights/sparse-filter.ts'
import { placesByKey } from './places-by-key.ts'
import type { FoundFilter, LayerDetail, LayerFacts, LayerHistograms } from './protocol.ts'

/** Layers up to this many weights are kept in memory, so that their filters can be sorted. */
export const SORTABLE_WEIGHTS = 64e6
const SHOWN = 12
const STEP = 65536

/** A layer's filters, one piece after another, in the module's memory: at an address, and as a view that holds until the next piece. */
export async function* filterPieces(
  wasm: WasmInstance,
  reader: WeightReader,
  step: number = STEP,
  from: number = 0,
  end: number = reader.filters,
): AsyncGenerator<{ address: number; count: number; values: Float32Array }> {
  const bytes = Math.ceil((step * reader.taps * 4) / 16) * 16
  const address = wasm.reserve(bytes + reader.scratchBytes)
  for (let at = from; at < end; at += step) {
    const count = Math.min(step, end - at)
    await reader.read(wasm, address, address + bytes, at, count)
    yield { address, count, values: wasm.f32(address, count * reader.taps) }
  }
}

/** The same of weights that are held: nothing is read. */
async function* heldPieces(
  wasm: WasmInstance,
  { filters, taps }: WeightReader,
  weights: Float32Array,
): AsyncGenerator<{ address: number; count: number; values: Float32Array }> {
  const address = wasm.reserve(STEP * taps * 4)
  for (let at = 0; at < filters; at += STEP) {
    const count = Math.min(STEP, filters - at)
    const values = wasm.f32(address, count * taps)
    values.set(weights.subarray(at * taps, (at + count) * taps))
    yield { address, count, values }
  }
}

/**
 * Two passes over the filters: norms, distances and the coefficients' range; then the histograms.
 * @param weights of all filters, where they are held; null: they are read for each pass
 */
export async function describeLayer(
  wasm: WasmInstance,
  reader: WeightReader,
  weights: Float32Array | null,
  facts: LayerFacts,
  signal: AbortSignal,
): Promise<LayerDetail> {
  const { filters, taps } = reader
  const pieces = () => (weights ? heldPieces(wasm, reader, weights) : filterPieces(wasm, reader))
  const { basis } = facts
  const norms = new Float32Array(filters)
  const distances = new Float32Array(filters).fill(Number.POSITIVE_INFINITY)
  const most = keepBest(SHOWN, 1)
  const least = keepBest(SHOWN, -1)
  const out = new Float64Array(taps)
  // Directions without variance say nothing about distance.
  const inverse = basis && Array.from(basis.explainedVariance, (v) => (v > 1e-12 * basis.explainedVariance[0]! ? 1 / v : 0))
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  let index = 0
  for await (const { values } of pieces()) {
    signal.throwIfAborted()
    for (let at = 0; at < values.length; at += taps, index++) {
      const norm = largestWeight(values, at, taps)
      norms[index] = norm
      if (isSparseFilter(norm, facts) || !basis || !inverse) continue
      let sum = 0
      for (let k = 0; k < taps; k++) {
        let c = 0
        for (let j = 0; j < taps; j++) c += (values[at + j]! / norm - basis.mean[j]!) * basis.components[k * taps + j]!
        out[k] = c
        sum += c * c * inverse[k]!
      }
      for (let k = 0; k < taps; k++) {
        low = Math.min(low, out[k]!)
        high = Math.max(high, out[k]!)
      }
      const distance = Math.sqrt(sum)
      distances[index] = distance
      most.offer(distance, index, values, at, taps)
      least.offer(distance, index, values, at, taps)
    }
  }
  const sortable = filters * taps <= SORTABLE_WEIGHTS
  return {
    filters,
    taps,
    norms,
    byNorm: sortable ? placesByKey(norms, true) : null,
    byTypicality: sortable && basis ? placesByKey(distances) : null,
    most: most.list(),
    least: least.list(),
    coefficients: basis && high >= low ? await layerHistograms(wasm, pieces(), { taps, basis, facts, low, high }) : null,
  }
}

async function layerHistograms(
  wasm: WasmInstance,
  pieces: ReturnType<typeof filterPieces>,
  { taps, basis, facts, low, high }: { taps: number; basis: FilterBasis; facts: LayerFacts; low: number; high: number },
): Promise<LayerHistograms> {
  const { limit, strict } = facts
  const counts = new Float64Array(taps * coefficientBins)
  for await (const { address, count } of pieces) {
    wasm.coefficientHistogram(address, count, taps, basis, { low, high, limit, strict }, counts)
  }
  return { low, high, counts }
}

/** Keeps the `size` filters of smallest (sign 1) or largest (sign -1) distance, in that order. */
function keepBest(size: number, sign: 1 | -1) {
  const kept: FoundFilter[] = []
  return {
    offer(distance: number, index: number, values: Float32Array, at: number, taps: number): void {
      if (kept.length === size && sign * distance >= sign * kept[size - 1]!.distance) return
      const place = kept.findIndex((other) => sign * distance < sign * other.distance)
      kept.splice(place < 0 ? kept.length : place, 0, { index, distance, weights: values.slice(at, at + taps) })
      if (kept.length > size) kept.pop()
    },
    list: (): readonly FoundFilter[] => kept,
  }
}
