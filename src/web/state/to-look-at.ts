import type { Flag } from '../../analysis/flags.ts'
import type { Analysis } from '../../measure/model-row.ts'
import { isNonFiniteLayer } from '../../measure/non-finite.ts'

/** A model's flags, layer by layer, and what was left out of it. */
interface Judged {
  readonly flags: readonly (readonly Flag[])[]
  readonly skipped: Analysis['skipped']
}

/** Layers that were left out for a weight that is NaN or infinite. */
export function brokenLayers({ skipped }: Pick<Judged, 'skipped'>): Analysis['skipped'] {
  return skipped.filter(isNonFiniteLayer)
}

/** How many layers of a model are to be looked at: flagged ones, and those with a weight that is no number. */
export function layersToLookAt(model: Judged): number {
  return model.flags.filter((flags) => flags.length > 0).length + brokenLayers(model).length
}
