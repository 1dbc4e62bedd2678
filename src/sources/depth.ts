import type { Convolution } from './source.ts'

/**
 * conv_depth and conv_depth_norm of convolutions from their depths (spec: rank among the distinct depths that hold a
 * 4-D convolution of any kernel size; divided by the number of distinct depths - 1, null when there is only one).
 * `depths` must hold every 4-D convolution of the model, measured or not.
 */
export function rankDepths(depths: Iterable<number>): (depth: number) => { conv_depth: number; conv_depth_norm: number | null } {
  const distinct = [...new Set(depths)].sort((a, b) => a - b)
  const rank = new Map(distinct.map((depth, k) => [depth, k]))
  return (depth) => {
    const conv_depth = rank.get(depth)
    if (conv_depth === undefined) throw new RangeError(`depth ${depth} is not among the depths that were ranked`)
    return { conv_depth, conv_depth_norm: distinct.length > 1 ? conv_depth / (distinct.length - 1) : null }
  }
}

/**
 * Convolutions in a graph's order, each with its depth and rank; undefined when the graph does not lead from an input to every one
 * (`depthOf` gives undefined or less than 0).
 */
export function placedByDepth(
  convolutions: readonly Convolution[],
  depthOf: (layer: Convolution) => number | undefined,
): Convolution[] | undefined {
  const placed = convolutions.map((layer) => ({ ...layer, depth: depthOf(layer) ?? -1 }))
  if (placed.some(({ depth }) => depth < 0)) return undefined
  const rank = rankDepths(placed.map(({ depth }) => depth))
  return placed.map((layer) => ({ ...layer, ...rank(layer.depth) })).sort((a, b) => a.depth - b.depth)
}
