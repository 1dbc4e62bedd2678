import type { LayerRow } from '../measure/layer-row.ts'
import type { Member } from './members.ts'

/**
 * Something that is known of the layers of a run when all of them have passed, one after the other, model by model in the order of
 * the table. What it keeps may grow with the models (by a few hundred bytes each), never with the layers, and no row is kept.
 */
export interface LayerStatistic {
  /** Called for every layer of every model, of models in no group too. */
  add(member: Member, layer: LayerRow): void
}
