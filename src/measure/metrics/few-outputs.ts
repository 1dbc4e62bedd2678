import type { LayerStatistics, Outcome } from './metric.ts'
import { notAskedFor } from './metric.ts'

/** Why a measure of pairs of output channels has no value; undefined when it has one. */
export function withoutPairs({ out_channels }: Pick<LayerStatistics, 'out_channels'>): Outcome | undefined {
  if (out_channels >= 2) return undefined
  return { because: out_channels === 1 ? 'one output channel only' : 'no output channels' }
}

/** A value of the products of output channels, where there are pairs of them and the pass was asked for. */
export function ofPairs(layer: Pick<LayerStatistics, 'out_channels'>, value: () => number | undefined): Outcome {
  return withoutPairs(layer) ?? value() ?? notAskedFor
}
