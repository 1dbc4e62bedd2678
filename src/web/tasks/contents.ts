import { InputError } from '../../errors.ts'
import { openInstance } from '../../wasm/module.ts'
import { weightReader } from '../../weights/reader.ts'
import { filterPieces } from './layer-detail.ts'
import { convolutionsOf, inTurn } from './layers.ts'
import type { Contents, ContentsGiven, TensorGiven, TensorStatistics } from './protocol.ts'

/** What a model's file holds beside what was measured: every convolution with its place in the graph, every other tensor. */
export function contentsOf(given: ContentsGiven): Promise<Contents> {
  return inTurn(async () => {
    const { convolutions, skipped } = await convolutionsOf(given)
    return {
      convolutions: convolutions.map(({ layer, node, shape, groups, depth, conv_depth, weights }) => ({
        layer,
        node: node ?? null,
        shape,
        groups,
        depth,
        conv_depth,
        dtype: weights.dtype,
      })),
      others: skipped.map(({ name, kind, shape, reason }) => ({ name, kind, shape, reason })),
    }
  })
}

/** What the weights of one convolution of any kernel are like. */
export function tensorStatistics({ index, ...given }: TensorGiven, signal: AbortSignal): Promise<TensorStatistics> {
  return inTurn(async () => {
    const convolution = (await convolutionsOf(given)).convolutions[index]
    if (!convolution) throw new InputError(given.input, 'has no such tensor any more; drop it again')
    const reader = weightReader(convolution.weights, convolution.shape)
    const wasm = await openInstance()
    let [least, most, sum, squares, zeros, values] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0, 0]
    for await (const piece of filterPieces(wasm, reader, Math.min(65536, Math.max(1, reader.filters)))) {
      signal.throwIfAborted()
      for (const value of piece.values) {
        if (value < least) least = value
        if (value > most) most = value
        if (value === 0) zeros++
        sum += value
        squares += value * value
      }
      values += piece.values.length
    }
    const mean = values > 0 ? sum / values : 0
    return { values, least, most, mean, deviation: Math.sqrt(Math.max(0, squares / Math.max(1, values) - mean * mean)), zeros }
  })
}
