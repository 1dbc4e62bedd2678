import { type Coefficients, type Histograms, mergeHistograms } from './coefficients.ts'
import { bucketIndex } from './depth.ts'
import type { Member } from './members.ts'
import { bucketNames } from './report-types.ts'

/** A model's coefficient histograms over all its layers and by depth bucket: groups are made of these. */
export interface MemberHistograms {
  readonly member: Member
  readonly all: Histograms
  /** 11, in the order of the buckets. */
  readonly depth: readonly Histograms[]
}

/**
 * The histograms of every pooled model's layers of one kernel size.
 * @throws RangeError when a layer was not in the coefficients' pass
 */
export function histogramsOf(members: readonly Member[], coefficients: Coefficients, kernel: string | null): MemberHistograms[] {
  const components = coefficients.basis.mean.length
  const byLayer = new Map(coefficients.layers.map((layer) => [`${layer.layer_id}/${layer.model}`, layer]))
  return members
    .filter(({ pooled }) => pooled)
    .map((member) => {
      const layers = member.layers
        .filter((layer) => layer.kernel === kernel)
        .map((layer) => {
          const histograms = byLayer.get(`${layer.layer_id}/${layer.model}`)
          if (!histograms)
            throw new RangeError(
              `layer ${layer.layer} of model ${layer.model} has no coefficients: the pass was made for other models`,
            )
          return { bucket: bucketIndex(layer), histograms }
        })
      const merge = (bucket: number | null): Histograms =>
        mergeHistograms(
          layers.filter((layer) => layer.bucket === bucket).map(({ histograms }) => histograms),
          components,
        )
      const depth = bucketNames.map((_, k) => merge(k))
      return { member, all: mergeHistograms([...depth, merge(null)], components), depth }
    })
}

/** A model's histograms in a bucket, or over all its layers. */
export function histogramsIn(model: MemberHistograms, bucket: number | 'all'): Histograms {
  return bucket === 'all' ? model.all : model.depth[bucket]!
}
