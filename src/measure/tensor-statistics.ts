import type { Convolution, FileTensor } from '../sources/source.ts'
import type { WasmInstance } from '../wasm/module.ts'
import { readElements } from '../weights/elements.ts'
import { layerPieces } from './coefficients.ts'

/**
 * What the numbers of a tensor are like, in the unit that they are stored in (whole numbers with a scale: what they stand for). Least,
 * most, mean and deviation are of the numbers that are finite, and null when there are none. All are sums in the order of the file: the
 * same for every run.
 */
export interface TensorStatistics {
  readonly values: number
  readonly least: number | null
  readonly most: number | null
  readonly mean: number | null
  /** Standard deviation over all finite numbers (divided by their number). */
  readonly deviation: number | null
  /** Numbers that are exactly zero. */
  readonly zeros: number
  /** NaN and infinities. */
  readonly non_finite: number
}

/**
 * Statistics of any tensor of a file, read in pieces. @returns the reason, as a phrase, when its numbers cannot be read
 * @throws InputError when they should be there and are not
 */
export async function tensorStatistics(tensor: FileTensor, signal?: AbortSignal): Promise<TensorStatistics | string> {
  const elements = await tensor.elements()
  return typeof elements === 'string' ? elements : statisticsOf(readElements(elements), signal)
}

/** Statistics of a convolution's weights as they are measured: float32 of any kernel. @throws InputError */
export function convolutionStatistics(
  wasm: WasmInstance,
  convolution: Convolution,
  signal?: AbortSignal,
): Promise<TensorStatistics> {
  return statisticsOf(weightsOf(wasm, convolution), signal)
}

async function* weightsOf(wasm: WasmInstance, convolution: Convolution): AsyncGenerator<Float32Array> {
  const [, , height, width] = convolution.shape
  for await (const [address, count] of layerPieces(wasm, { convolution })) yield wasm.f32(address, count * height * width)
}

/** One pass, without an allocation for a number. Sums are of distances from the first number: a constant tensor deviates by exactly 0. */
async function statisticsOf(
  pieces: AsyncIterable<Float32Array | Float64Array>,
  signal: AbortSignal | undefined,
): Promise<TensorStatistics> {
  let [values, finite, zeros, first, sum, squares] = [0, 0, 0, 0, 0, 0]
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for await (const piece of pieces) {
    signal?.throwIfAborted()
    values += piece.length
    for (let k = 0; k < piece.length; k++) {
      const value = piece[k]!
      if (value - value !== 0) continue // NaN and infinities
      if (finite === 0) first = value
      finite++
      if (value < least) least = value
      if (value > most) most = value
      if (value === 0) zeros++
      const distance = value - first
      sum += distance
      squares += distance * distance
    }
  }
  const far = finite > 0 ? sum / finite : 0
  const numbers = {
    least,
    most,
    mean: first + far,
    deviation: Math.sqrt(Math.max(0, squares / Math.max(1, finite) - far * far)),
  }
  const none = { least: null, most: null, mean: null, deviation: null }
  return { values, ...(finite > 0 ? numbers : none), zeros, non_finite: values - finite }
}
