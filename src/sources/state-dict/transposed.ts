import type { Convolution } from '../source.ts'

/**
 * Layers that only fit between their neighbours as transposed convolutions: the channels that the layer before gives are this one's
 * first dimension and not its second, and the layer after takes the second. Two equal dimensions tell nothing.
 */
export function maybeTransposed(
  convolutions: readonly Convolution[],
  shapeOf: (name: string) => readonly number[] | undefined,
): string[] {
  return convolutions.flatMap(({ layer, shape }, k) => {
    const [first, second] = shape
    const before = convolutions[k - 1]?.shape[0]
    const after = convolutions[k + 1]?.shape
    const bias = shapeOf(`${layer.slice(0, Math.max(layer.lastIndexOf('.'), layer.lastIndexOf('/')) + 1)}bias`)
    if (bias?.length === 1 && bias[0] === first) return []
    // Grouped convolutions one behind another have such shapes too, but all the same.
    const isRepeated = [k - 1, k + 1].some((other) => convolutions[other]?.shape.join() === shape.join())
    const fits = before === first && before !== second && second > 1 && !isRepeated
    return fits && (after === undefined || after[1] === second || after[0] === second) ? [layer] : []
  })
}
