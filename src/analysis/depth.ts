import type { LayerRow } from '../measure/layer-row.ts'
import { type BucketName, bucketNames } from './report-types.ts'

/** Upper edges of the ten bins of conv_depth_norm, to the bit what numpy.linspace(0, 1, 11) gives the reference. */
export const upperEdges = [0.1, 0.2, 0.30000000000000004, 0.4, 0.5, 0.6000000000000001, 0.7000000000000001, 0.8, 0.9, 1] as const

/**
 * The depth bucket of a layer, 0 to 10 into `bucketNames`: conv_depth 0 is `first` and in no other; then ten bins open
 * below and closed above. Null for a layer whose normalised depth is not known.
 */
export function bucketIndex(layer: Pick<LayerRow, 'conv_depth' | 'conv_depth_norm'>): number | null {
  if (layer.conv_depth === 0) return 0
  const depth = layer.conv_depth_norm
  if (depth === null || !(depth > 0)) return null
  const bin = upperEdges.findIndex((edge) => depth <= edge)
  return bin < 0 ? null : bin + 1
}

/** Layers by bucket, 11 lists in the order of `bucketNames`, each in input order; layers of unknown depth are in none. */
export function byBucket<T extends Pick<LayerRow, 'conv_depth' | 'conv_depth_norm'>>(layers: Iterable<T>): T[][] {
  const buckets = bucketNames.map((): T[] => [])
  for (const layer of layers) {
    const index = bucketIndex(layer)
    if (index !== null) buckets[index]!.push(layer)
  }
  return buckets
}

/** `bucketNames` with its index, for loops over buckets. */
export const buckets: readonly (readonly [index: number, name: BucketName])[] = bucketNames.map((name, index) => [index, name])
