import type { LayerComparison, WeightChange } from './report-types.ts'

/** A layer of two models whose weights were compared. */
export interface ChangedLayer {
  readonly layer: LayerComparison
  readonly change: WeightChange
}

/** Layers whose weights were compared, by falling relative change; apart from them those whose weights are the same. */
export function byChange(layers: readonly LayerComparison[]): {
  readonly changed: ChangedLayer[]
  readonly same: ChangedLayer[]
} {
  const compared = layers.flatMap((layer): ChangedLayer[] => (layer.change ? [{ layer, change: layer.change }] : []))
  const isSame = ({ change }: ChangedLayer): boolean =>
    change.relative_change === 0 ||
    (change.relative_change === null && change.cosine === null && change.zeros_a === change.zeros_b)
  return {
    changed: compared
      .filter((one) => !isSame(one))
      .sort(
        (p, q) => (q.change.relative_change ?? Number.POSITIVE_INFINITY) - (p.change.relative_change ?? Number.POSITIVE_INFINITY),
      ),
    same: compared.filter(isSame),
  }
}

/** A layer's name, or both where they differ. */
export function bothNames({ name_a, name_b }: Pick<LayerComparison, 'name_a' | 'name_b'>): string {
  return name_a === name_b ? name_a : `${name_a} / ${name_b}`
}
