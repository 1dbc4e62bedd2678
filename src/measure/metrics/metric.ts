import type { Moments } from '../../wasm/moments.ts'
import type { NumberFormat } from '../../words.ts'
import type { Profile } from '../profile.ts'

/** What the passes over a layer give: all that its metrics are made of. */
export interface LayerStatistics {
  readonly out_channels: number
  readonly filters: number
  readonly taps: number
  /** Rows and columns of a filter: taps = height · width. */
  readonly height: number
  readonly width: number
  readonly peak: number
  readonly sparse_filters: number
  readonly scaled: Moments
  readonly raw: Moments
  readonly clean: Moments
  readonly norm_l1: number
  /** Sum of |w - mean of all weights|. */
  readonly deviation: number
  /** Weights that are exactly 0. */
  readonly zero_weights: number
  /** Output channels, and input channels of all groups, all of whose filters are sparse. */
  readonly dead_outputs: number
  readonly dead_inputs: number
  /** Sum over all (a, b) of |r_a · r_b - [a = b]|, rows r of unit length; undefined when the pass was not asked for. */
  readonly gram: number | undefined
  /** Mean over the output channels of the largest |r_a · r_b| that each has with another, and how many have one of 0.99 or more; likewise. */
  readonly nearest: number | undefined
  readonly duplicates: number | undefined
  /** The largest singular value of the O × I·k² matrix and a bound of its error; likewise. */
  readonly spectrum: { readonly norm: number; readonly within: number } | undefined
  /** D to random filters and its level by chance; likewise; null for too few filters. */
  readonly random: { readonly shift: number | null; readonly chance: number | null } | undefined
}

/** What a metric can ask of the passes over a layer's weights. */
export type Need = keyof LayerStatistics

/** Functions that come from the module, so that every engine has the same digits. */
export interface MetricMath {
  /** Entropy in base 10 of the shares of the covariance's eigenvalues, in [0, log10 taps]; null when the filters do not vary. */
  varianceEntropy(moments: Moments): number | null
  /** The level of variance entropy that n random filters have, T(n) of the spec. */
  randomEntropy(filters: number): number
}

/** A metric's value, or why it has none. */
export type Outcome = number | { readonly because: string }

/** Of a metric that was not asked for. */
export const notAskedFor: Outcome = { because: 'not asked for' }

/** Of a layer's row, what a metric's level by chance may depend on beside other metrics. */
export interface LayerShape {
  /** "3x3": rows x columns. */
  readonly kernel: string
  /** Input channels per group. */
  readonly in_channels: number
  readonly out_channels: number
  readonly filters: number
}

/** Of a layer's row, what weighs it among others. */
export interface LayerCounts {
  readonly filters: number
  readonly sparse_filters: number
  readonly out_channels: number
}

/** How the values of several layers make one of all of them. Layers are added in the order given; null where nothing has weight. */
export type Overall =
  | { readonly rule: 'sum' }
  | {
      /** Sum of `part` over sum of `whole`, of all layers. */
      readonly rule: 'ratio'
      readonly words: string
      readonly part: (layer: LayerCounts) => number
      readonly whole: (layer: LayerCounts) => number
    }
  | {
      /** Mean weighted by `weight`; a layer without a value is left out of both sums. */
      readonly rule: 'mean'
      readonly words: string
      readonly weight: (layer: LayerCounts) => number
    }

/** `use`: how well a layer uses its filters, the paper's three metrics; `shape`: what kind of filters they are. */
export type MetricFamily = 'use' | 'shape'

/**
 * One measure of a layer, described once: how it is computed, and all that is said of it anywhere. A new one is a file like its
 * neighbours, and a line in the registry; its column, the exports, the model's value, the labels and docs/metrics.md follow.
 */
export interface Metric {
  /** Its column in the layer table and its key in --json. */
  readonly name: string
  readonly label: {
    /** In a sentence: "variance entropy". */
    readonly long: string
    /** At the head of a column. */
    readonly short: string
    /** The same on a phone; default: the short one. */
    readonly shortest?: string
  }
  /** What it is, for a person: a phrase without a full stop. */
  readonly meaning: string
  /** Definition, in the signs of docs/metrics.md. */
  readonly formula: string
  /** Where the definition comes from. */
  readonly source: string
  readonly type: 'int32' | 'int64' | 'float64'
  readonly format: NumberFormat
  /** `high` is that of a 3×3 layer, null where there is none; `highOf` that of another kernel, where it is another. */
  readonly range: {
    readonly low: number
    readonly high: number | null
    readonly highOf?: (taps: number) => number
    readonly words: string
  }
  /** What a layer of independent random weights has. Null where that is nothing to compare with. */
  readonly chance: {
    readonly words: string
    /** For a layer of this shape, from its values of other metrics where it must be; null when it cannot be computed. */
    level?(layer: LayerShape, value: (metric: { readonly name: string }) => number | null): number | null
  } | null
  /** When it has no value; null: never. A metric that is never undefined is computed whatever was asked for. */
  readonly undefinedWhen: string | null
  readonly needs: readonly Need[]
  compute(layer: LayerStatistics, math: MetricMath, profile: Profile): Outcome
  /** A model's value; null: only layers have one. */
  readonly overall: Overall | null
  /** Named together when a run is asked for them; such a metric is computed only then, and is null without a reason elsewhere. */
  readonly group?: 'spectrum' | 'random'
  /** Present: its column is in the tables of runs alone that were asked for it. */
  readonly stored?: 'when asked'
  /**
   * What a table written before the metric was has of it: computed from what the row holds, or nothing (null). Absent: every table has
   * its column.
   */
  readonly inOlderTables?: 'computed' | 'unknown'
  /** Words for a metric by which groups and models are compared, in figures, report, page and terminal; null: it is not. */
  readonly compared: {
    /** Metrics of a family are tested together and share a figure: the paper's three, and those of the filters' shape. */
    readonly family: MetricFamily
    /** Label of an axis, with the unit. */
    readonly axis: string
    /** What the studied group does when its value is higher: "have …", "are …". */
    readonly more: string
    readonly less: string
    /** Which way a layer is better used, as limits and flags take it; absent: neither. */
    readonly better?: 'higher' | 'lower'
  } | null
}
