import { layerMetrics, type MetricRow, type OverallRow, overallOf } from '../../src/measure/metrics/registry.ts'

/** Every metric of a layer without a value: null, or 0 where it is never undefined. */
export const blankMetrics = Object.fromEntries(
  layerMetrics.map(({ name, undefinedWhen }) => [name, undefinedWhen === null ? 0 : null]),
) as unknown as MetricRow

/** Every metric of a model without layers. */
export const blankOverall = Object.fromEntries(
  overallOf(layerMetrics).map(({ name, overall, undefinedWhen }) => [
    name,
    overall.rule === 'sum' && undefinedWhen === null ? 0 : null,
  ]),
) as unknown as OverallRow
