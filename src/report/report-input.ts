import type { FirstStage } from '../activation/first-stage.ts'
import type { GroupReport, ModelComparison } from '../analysis/report-types.ts'
import type { Studies } from '../analysis/study-types.ts'
import type { FilterGridData } from '../figures/filter-grid.ts'
import type { FirstLayer } from '../figures/first-layer-rgb.ts'
import type { StreamedRun } from '../measure/layer-source.ts'
import type { Analysis } from '../measure/model-row.ts'

/** What a report is made of. Only the analysis is needed; the rest adds to it. */
export interface ReportInput {
  readonly analysis: Analysis | StreamedRun
  /** Two groups of models. */
  readonly groups?: GroupReport | undefined
  /** Models by columns of their metadata, and correlations with numeric ones. */
  readonly studies?: Studies | undefined
  /** Two models, layer by layer. */
  readonly comparison?: ModelComparison | undefined
  /** First filters of each layer of a model: drawn for the first two models. */
  readonly grids?: readonly FilterGridData[] | undefined
  /** First layers with three input channels. */
  readonly firstLayers?: readonly FirstLayer[] | undefined
  readonly activation?: FirstStage | undefined
  /** The command that made it, as a person would type it again. */
  readonly command?: string | undefined
  /** Heading. Default: made from the data. */
  readonly title?: string | undefined
}
