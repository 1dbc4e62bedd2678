import type { Moments } from '../../wasm/moments.ts'
import type { LayerStatistics, Outcome } from './metric.ts'

/** Sum of w² over all weights, from the raw moments: trace of the scatter + n · |mean|². */
export function sumOfSquares({ raw, taps }: Pick<LayerStatistics, 'raw' | 'taps'>): number {
  let scatter = 0
  let means = 0
  for (let k = 0; k < taps; k++) {
    scatter += raw.scatter[k * taps + k]!
    means += raw.mean[k]! * raw.mean[k]!
  }
  return scatter + raw.count * means
}

/** Variance of all N weights, divisor N - 1. */
export function valueVariance({ raw, taps, filters }: Pick<LayerStatistics, 'raw' | 'taps' | 'filters'>): Outcome {
  const values = filters * taps
  if (values < 2) return { because: 'the layer has no filters' }
  const mean = valueMean(raw)
  let scatter = 0
  let between = 0
  for (let k = 0; k < taps; k++) {
    scatter += raw.scatter[k * taps + k]!
    between += (raw.mean[k]! - mean) * (raw.mean[k]! - mean)
  }
  const variance = (scatter + raw.count * between) / (values - 1)
  return variance > 0 ? variance : { because: 'all its weights are equal' }
}

/** Mean of all N = filters · taps weights. */
function valueMean(raw: Moments): number {
  let sum = 0
  for (let k = 0; k < raw.mean.length; k++) sum += raw.mean[k]!
  return raw.mean.length === 0 ? 0 : sum / raw.mean.length
}
