import type { LayerRow } from '../measure/layer-row.ts'
import { allOf, type LayerSource } from '../measure/layer-source.ts'
import { type ComparedMetric, comparedMetrics, describedMetric } from '../measure/metrics/registry.ts'
import type { ModelRow } from '../measure/model-row.ts'
import { numberFormats } from '../words.ts'
import { compareModels } from './compare-models.ts'
import type { Finding } from './findings.ts'
import { matchName } from './match-name.ts'

/** How much worse than in the baseline a metric may be. */
export type Tolerances = Readonly<Record<ComparedMetric, number>>

/** Lets pass what two trainings of one network differ by anyway. */
export const DEFAULT_TOLERANCE = 0.01

/** What a baseline says of models. */
export interface BaselineFindings {
  readonly found: readonly Finding[]
  /** Layers that have a counterpart of the same shape. */
  readonly compared: number
  /** Sentences on what was not compared. */
  readonly notes: readonly string[]
}

/** Models that are held against others: their names, and their layers. */
interface Models {
  readonly models: readonly Pick<ModelRow, 'model'>[]
  readonly layers: LayerSource
}

/**
 * Layers that are worse than in a baseline by more than the tolerances. One model is held against one; of several each against
 * the one of its name, and where the baseline is one model, all against it.
 */
export async function baselineFindings(now: Models, before: Models, tolerances: Tolerances): Promise<BaselineFindings> {
  const found: Finding[] = []
  const notes: string[] = []
  let compared = 0
  const named = matchName(before.models.map(({ model }) => model))
  for (const { model } of now.models) {
    const other = before.models.length === 1 ? before.models[0]!.model : named(model)
    if (other === undefined) {
      notes.push(`${model} is not in the baseline`)
      continue
    }
    const comparison = compareModels(await layersOf(before, other), await layersOf(now, model))
    for (const text of comparison.warnings) notes.push(`${model}, against the baseline: ${text}`)
    for (const layer of comparison.layers) {
      if (layer.because !== null) continue
      compared++
      for (const metric of comparedMetrics) {
        const { a, b, difference } = layer.metrics[metric]
        if (a === null || b === null || difference === null) continue
        const { label, format, compared: words } = describedMetric(metric)
        const worse = words.better === 'lower' ? difference : -difference
        if (worse <= tolerances[metric]) continue
        const { value, difference: change } = numberFormats[format]
        const message = `${label.long} is ${value(b)}, in the baseline ${value(a)} (${change(difference)})`
        const limit = words.better === 'lower' ? a + tolerances[metric] : a - tolerances[metric]
        found.push({ rule: 'baseline', model, layer: layer.layer_b, name: layer.name_b, metric, value: b, limit, message })
      }
    }
  }
  return { found, compared, notes }
}

/** Of one model all layers are held. */
async function layersOf({ layers }: Models, model: string): Promise<{ model: string; layers: readonly LayerRow[] }> {
  return { model, layers: await allOf(layers, model) }
}
