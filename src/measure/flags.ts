import { fixed } from '../words.ts'
import { tapsOf } from './kernel-size.ts'
import type { LayerShape } from './metrics/metric.ts'
import { type ComparedMetric, chanceLevel, type MetricRow } from './metrics/registry.ts'
import { sphericalP } from './spherical.ts'

/** Why a layer is flagged: of each metric that flags it one sentence, what was found, against what, and why it matters. */
export type Flags = Readonly<Partial<Record<ComparedMetric, string>>>

/** Share of sparse filters among all 3×3 filters of the paper's normally trained models (sparsity.ipynb). */
const NORMAL_SPARSITY = 0.3948
/** Entropy below this share of what randomly initialised filters of the same number have. */
const LEAST_ENTROPY_SHARE = 0.5
/** Nine directions cannot be judged from fewer filters than this. */
const LEAST_FILTERS = 16
/**
 * Filters whose sphericity has a larger p than this are as at initialisation: of fresh layers 999 in 1,000 have, trained ones of many
 * filters are below 1e-4. Of few filters the test tells less, and p of trained ones is larger: there 95 in 100 fresh layers are caught.
 */
const UNTRAINED = 0.001
const UNTRAINED_OF_FEW = 0.05
/** Filters below which they are few. */
const FEW_FILTERS = 256
/** How the sentence of a layer that looks untrained begins. */
export const looksUntrained = 'looks untrained:'
/** Below this, two output channels are on average closer to parallel than to perpendicular. */
const LEAST_ORTHOGONALITY = 0.5

/**
 * Layers that look degenerate, by plain rules: a larger share of sparse filters than the paper's normal models have
 * on average (0.3948); less than half of the variance entropy of random filters (the level of the parent paper's T(n), for
 * 16 non-sparse filters or more), or none; orthogonality below 0.5, where there is room for it (not in a depthwise layer of more than nine
 * channels: nine numbers have nine perpendicular directions). And those that look untrained: 16 filters or more that the test of
 * sphericity cannot tell from independent weights of one variance. Undefined metrics raise no flag.
 */
export function layerFlags(row: LayerShape & MetricRow): Flags {
  const flags: Partial<Record<ComparedMetric, string>> = {}
  if (row.sparsity !== null && row.sparsity > NORMAL_SPARSITY)
    flags.sparsity = `${percent(row.sparsity)} of the filters are close to zero (${percent(NORMAL_SPARSITY)} in the paper's normal models); the layer is wider than it needs to be`
  const random = chanceLevel('variance_entropy', row)
  const enough = row.filters - row.sparse_filters >= LEAST_FILTERS
  if (row.variance_entropy !== null && random !== null && enough && row.variance_entropy < LEAST_ENTROPY_SHARE * random)
    flags.variance_entropy = `variance entropy ${row.variance_entropy.toFixed(3)} is less than half of what random filters have (${random.toFixed(3)}); the layer has learned few distinct patterns`
  // One pattern in different strengths: the least there can be, whatever random filters have.
  if (row.variance_entropy === 0 && enough && tapsOf(row.kernel) > 1)
    flags.variance_entropy = 'variance entropy 0.000: all filters are one pattern; the layer has learned no other'
  const p = sphericalP(row.sphericity, row.filters, tapsOf(row.kernel))
  if (p !== null && p > (row.filters < FEW_FILTERS ? UNTRAINED_OF_FEW : UNTRAINED) && row.filters >= LEAST_FILTERS)
    flags.variance_entropy = `${looksUntrained} the filters cannot be told from random ones (sphericity ${row.sphericity!.toFixed(3)}, p = ${p.toFixed(3)}${row.overlap_over_chance === null ? '' : `; the output channels overlap ${row.overlap_over_chance.toFixed(2)} times as much as random ones`}${toRandom(row)})`
  if (row.orthogonality !== null && row.orthogonality < LEAST_ORTHOGONALITY && canBeOrthogonal(row))
    flags.orthogonality = `orthogonality ${fixed(row.orthogonality)}: output channels are nearly copies of one another, so the layer does less than its width suggests`
  return flags
}

/** How far its filters are from random ones, where that was measured. */
function toRandom({ distance_to_random: shift, distance_to_random_chance: chance }: MetricRow): string {
  if (shift === null) return ''
  return `; D to random filters ${shift.toFixed(4)}${chance === null ? '' : `, by chance up to ${chance.toFixed(4)}`}`
}

/** True when the output channels have at least as many weights each as there are channels. */
export function canBeOrthogonal({ kernel, in_channels, out_channels }: LayerShape): boolean {
  return out_channels <= in_channels * tapsOf(kernel)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
