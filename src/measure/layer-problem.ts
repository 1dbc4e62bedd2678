import { isWithin, rowProblem, shownValue } from '../arrow/fields.ts'
import { tapsOf } from './kernel-size.ts'
import { type LayerRow, layerFields } from './layer-row.ts'
import type { Metric } from './metrics/metric.ts'
import { layerMetrics, type NullableMetric, nullableOf } from './metrics/registry.ts'
import { isMeasuredKernel } from './select.ts'

/** The largest float32: no weight is larger. */
const LARGEST_WEIGHT = 3.4028234663852886e38

const fields = layerFields()
const bounded = layerMetrics.filter(({ range }) => range.high !== null) as readonly Metric[]
const nullable = nullableOf(layerMetrics)

/** What is wrong with something that should be a layer's row, member by member and with its members held against one another; undefined: nothing. */
export function layerProblem(value: unknown): string | undefined {
  const { kernel } = (value ?? {}) as Readonly<Record<string, unknown>>
  // Lists are as long as the kernel is large, which must be known first.
  if (typeof kernel === 'string' && !isMeasuredKernel(kernel)) return `kernel is ${shownValue(kernel)}`
  return rowProblem(fields, value) ?? misfit(value as LayerRow)
}

function misfit(row: LayerRow): string | undefined {
  const taps = tapsOf(row.kernel)
  if (row.filters !== row.in_channels * row.out_channels)
    return `filters is ${row.filters}, with ${row.out_channels} output channels of ${row.in_channels}`
  const most: readonly (readonly [name: string, value: number | null, most: number])[] = [
    ['peak', row.peak, LARGEST_WEIGHT],
    ['sparse_filters', row.sparse_filters, row.filters],
    ['zero_weights', row.zero_weights, row.filters * taps],
    ['dead_outputs', row.dead_outputs, row.out_channels],
    ['dead_inputs', row.dead_inputs, row.in_channels * row.groups],
    ['duplicate_outputs', row.duplicate_outputs, row.out_channels],
    ['scaled_count', row.scaled.count, row.filters],
    ['raw_count', row.raw.count, row.filters],
    ['clean_count', row.clean.count, row.filters],
  ]
  for (const [name, value, high] of most)
    if (value !== null && value > high) return `${name} is ${value}, and goes from 0 to ${high}`
  for (const { name, range } of bounded) {
    const value = row[name as NullableMetric]
    const high = range.highOf && taps !== 9 ? range.highOf(taps) : range.high
    if (value !== null && !isWithin(value, range.low, high)) return `${name} is ${value}, and goes from ${range.low} to ${high}`
  }
  for (const { name, group } of nullable) {
    const value = row[name as NullableMetric]
    const why = row.undefined_because[name as NullableMetric]
    if (value !== null && why !== undefined) return `${name} is ${value}, and has a reason for being null`
    // One that is computed on request only is null without a reason where nobody asked.
    if (value === null && why === undefined && group === undefined) return `${name} is null, and has no reason for it`
  }
  return undefined
}
