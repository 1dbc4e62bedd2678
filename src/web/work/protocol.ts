import type { GroupReport } from '../../analysis/report-types.ts'
import type { ExportFormat } from '../../artifact/export-formats.ts'
import type { GivenFile } from '../../io/given-inputs.ts'
import type { CoefficientPass } from '../../measure/coefficients.ts'
import type { DroppedResult } from './analyse.ts'
import type { FilterOrder, LayerDetail, LayerFacts } from './layer-detail.ts'
import type { ArtifactGiven, SavedArtifact } from './save-artifact.ts'
import type { TableSource } from './save-table.ts'
import type { GroupsGiven, SecondPass } from './second-pass.ts'

// What the page and its workers say to each other. A method has what it is given, events on the way, and a result; all of
// it is plain data that a worker can be sent.

/** How far an analysis is: inputs done (a part of one counts), of how many, and what is being read. */
export interface AnalysisEvent {
  readonly done: number
  readonly total: number
  readonly label: string
}

/** A file that holds models of the page, with those that were dropped with it. */
export interface ModelFile {
  /** Number of the drop. */
  readonly drop: number
  readonly files: readonly GivenFile[]
  /** Path of the input among them. */
  readonly input: string
  /** Names of its models in the page. */
  readonly names: readonly string[]
}

/** Which layer, and the files that hold its model. */
export interface LayerPlace {
  readonly files: readonly GivenFile[]
  /** Path of the input that the model came from. */
  readonly input: string
  readonly model: string
  readonly layer: string
  /** Place among the model's layers of that name (names can repeat). */
  readonly layer_id: number
  readonly facts: LayerFacts
}

/** Filters in one tile that a worker hands to the grid. */
export const TILE = 16384

export interface Methods {
  /** Measures what was dropped; results of earlier runs come back as they are. */
  analyze: { given: { files: readonly GivenFile[] }; event: AnalysisEvent; result: readonly DroppedResult[] }
  /** All that the layer view shows beyond the layer's row. */
  layer: { given: LayerPlace; event: never; result: LayerDetail }
  /** Weights of TILE filters from `tile · TILE` on, in an order. */
  tile: { given: { place: LayerPlace; order: FilterOrder; tile: number }; event: never; result: Float32Array }
  /** Coefficients of layers in one basis, over their common range. */
  coefficients: { given: SecondPass; event: AnalysisEvent; result: CoefficientPass }
  /** Two groups with the shift between their filters. */
  groups: { given: GroupsGiven; event: AnalysisEvent; result: GroupReport }
  /** A table as a file. */
  table: { given: { source: TableSource; name: string; format: ExportFormat }; event: never; result: Uint8Array<ArrayBuffer> }
  /** The artifact of an analysis, as the command line writes it, in one zip. */
  artifact: { given: ArtifactGiven; event: never; result: SavedArtifact }
}

export type Method = keyof Methods

/** Page to worker. */
export type Call =
  | { readonly id: number; readonly method: Method; readonly given: unknown }
  | { readonly id: number; readonly method: 'cancel'; readonly given: null }

/** Worker to page. */
export type Answer =
  | { readonly id: number; readonly event: unknown }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { name: string; message: string; plain: boolean; stack: string } }
