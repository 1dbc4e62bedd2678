import { workOf } from '../measure/measurer.ts'
import type { Pass } from '../measure/metrics/registry.ts'
import type { SelectedLayer } from '../measure/select.ts'

/*
 * What decides where a run is cut: nanoseconds of one thread, roughly (docs/decisions/shards.md has the figures). They decide who
 * measures a layer, never what comes out.
 */

/** Opening a file and reading its headers. */
const OPENING = 2e6
/** Hashing a byte. */
const HASHING = 0.6
/** Row, record and hand-over of a layer, whatever its size. */
const LAYER = 4e4

/** Of opening an input, and hashing its files where that has to be done. */
export function openingWork(bytes: number, isHashed: boolean): number {
  return Math.round(OPENING + (isHashed ? HASHING * bytes : 0))
}

/** Of measuring a layer. */
export function layerWork({ convolution }: SelectedLayer, passes: ReadonlySet<Pass>): number {
  const { weights, shape } = convolution
  return Math.round(LAYER + workOf({ plan: weights, shape }, { passes }))
}
