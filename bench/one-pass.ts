import { passesFor, usualMetrics } from '../src/measure/metrics/registry.ts'

/** The usual metrics that need nothing but the one pass over a layer: without products of its rows. */
export const onePassMetrics = usualMetrics.filter((name) => passesFor(new Set([name])).size === 0)
