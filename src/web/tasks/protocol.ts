import type { FirstFilters } from '../../activation/first-filters.ts'
import type { GroupChoice } from '../../analysis/members.ts'
import type { Pair } from '../../analysis/pairs.ts'
import type { GroupReport, ModelComparison } from '../../analysis/report-types.ts'
import type { Studies } from '../../analysis/study-types.ts'
import type { Figure } from '../../figures/figure.ts'
import type { FirstLayer } from '../../figures/first-layer-rgb.ts'
import type { GivenFile } from '../../inputs/given-inputs.ts'
import type { CoefficientPass } from '../../measure/coefficients.ts'
import type { LayerRow } from '../../measure/layer-row.ts'
import type { MeasuredRun } from '../../measure/layers-again.ts'
import type { Analysis, Parameters } from '../../measure/model-row.ts'
import type { TensorStatistics } from '../../measure/tensor-statistics.ts'
import type { ReportInput } from '../../report/report-input.ts'
import type { ExportFormat } from '../../results/export-formats.ts'
import type { StoredTrajectory } from '../../results/trajectory-table.ts'
import type { Held } from '../../results/verified-folder.ts'
import type { FilterBasis } from '../../wasm/module.ts'
import type { SparseLimit } from '../../weights/sparse-filter.ts'

// What the page and its workers say to each other. A method has what it is given, events on the way, and a result; all of
// it is plain data that a worker can be sent.

/** How far an analysis is: inputs done (a part of one counts), of how many, and what is being read. */
export interface AnalysisEvent {
  readonly done: number
  readonly total: number
  readonly label: string
}

/** Results of an earlier run, held against their hashes: every file that is here is as it was written, or they are refused. */
export interface HeldResults extends Held {
  /** The folder or zip. */
  readonly name: string
}

/** Results of an earlier run whose layers stay in their table, for there are very many. */
export interface ResultsTable {
  /** The folder or zip, as a person named it. */
  readonly name: string
  readonly files: readonly GivenFile[]
  /** The folder of the results among the files ('' for their top); null: the one file is a zip of them. */
  readonly folder: string | null
}

/** Models of the page whose layers are in such a table: names in the page by names in the table. */
export interface ModelsInTable {
  readonly table: ResultsTable
  readonly names: ReadonlyMap<string, string>
}

/** What is known of such results when all their files have been held against their hashes. */
export interface StoredCheck {
  readonly held: HeldResults
  /** By model, of those that have any: layers that are flagged, or were left out for a weight that is no number. */
  readonly toLookAt: ReadonlyMap<string, number>
}

/** What such a table holds of one model. */
export interface StoredModel {
  readonly layers: readonly LayerRow[]
  readonly skipped: Analysis['skipped']
  readonly firstFilters: readonly FirstFilters[]
}

/** An analysis, made now from files that are at hand, or by an earlier run. */
export interface DroppedResult {
  readonly analysis: Analysis
  readonly measured: boolean
  /** Of results of an earlier run: the pairs it was given, and its comparison of two groups where it made one. */
  readonly pairs: readonly Pair[]
  readonly groups: GroupReport | null
  /** And its studies by columns, where it made some. */
  readonly studies: Studies | null
  /** Of results of an earlier run. */
  readonly held: HeldResults | null
  /** The filters that these keep of each layer, for pictures. */
  readonly firstFilters: readonly FirstFilters[]
  /** Of results whose layers stay in their table: the analysis then has none, and its files have yet to be held against their hashes. */
  readonly table: ResultsTable | null
}

/** A model of the page whose weights are read again, with its rows. */
export interface ReadModel {
  /** The name that it goes by in the page. */
  readonly name: string
  /** Its name in its own analysis. */
  readonly ownName: string
  readonly sha256: string | null
  readonly layers: readonly LayerRow[]
  readonly files: readonly ModelFile[]
}

/** Two models of the page whose weights are compared, or several that are checkpoints of one training. */
export interface ReadModels {
  readonly models: readonly ReadModel[]
  readonly parameters: Parameters
}

/** A training as a series of checkpoints, as the page shows it. */
export interface PageSeries extends StoredTrajectory {
  readonly name: string
  /** The first layer of each checkpoint by its order, where there are files and it looks at colours. */
  readonly strip: readonly (FirstLayer | null)[]
  /** Of results of `track`: their picture of the first layers, as SVG. */
  readonly picture: string | null
}

/** All that a drop held, and the files that could not be read. */
export interface Dropped {
  readonly results: readonly DroppedResult[]
  /** Results of `track`. */
  readonly series: readonly PageSeries[]
  readonly failed: Analysis['failed']
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

/** A basis with the variance along each component. */
export interface LayerBasis extends FilterBasis {
  readonly explainedVariance: Float64Array
}

/** What is known of a layer from its row. */
export interface LayerFacts extends SparseLimit {
  /** Basis of the layer's scaled non-sparse filters; null when they have none. */
  readonly basis: LayerBasis | null
}

/** Order of the filters in the grid. */
export type FilterOrder = 'position' | 'norm' | 'typicality'

export interface FoundFilter {
  readonly index: number
  readonly weights: Float32Array
  readonly distance: number
}

/** What the layer view shows beyond the layer's row. For display only, never stored. */
export interface LayerDetail {
  readonly filters: number
  readonly taps: number
  /** Largest absolute value of each filter. */
  readonly norms: Float32Array
  /** Filter indices by falling norm, and from typical to unusual (sparse ones last); null when the layer is too large to sort. */
  readonly byNorm: Int32Array | null
  readonly byTypicality: Int32Array | null
  /** The most and the least typical non-sparse filters, by Mahalanobis distance of the scaled filter from their mean. */
  readonly most: readonly FoundFilter[]
  readonly least: readonly FoundFilter[]
  readonly coefficients: LayerHistograms | null
}

/** Histograms of the non-sparse filters' coefficients over one common range, components × coefficientBins. */
export interface LayerHistograms {
  readonly low: number
  readonly high: number
  readonly counts: Float64Array
}

/** Which layer, and the files that hold its model. */
export interface LayerInFiles {
  /** Number of the drop. */
  readonly drop: number
  readonly files: readonly GivenFile[]
  /** Path of the input that the model came from. */
  readonly input: string
  readonly model: string
  readonly layer: string
  /** Place among the model's layers of that name (names can repeat). */
  readonly layer_id: number
  readonly facts: LayerFacts
}

/** What the second pass over the filters is given: the rows to read again, the files that hold them, and the basis. */
export interface SecondPass {
  readonly run: MeasuredRun<LayerRow>
  readonly files: readonly ModelFile[]
  readonly basis: FilterBasis
}

/** Two groups of models of the page. */
export interface GroupsGiven {
  readonly analysis: Analysis
  /** Of its models those whose layers are not in it. */
  readonly tables: readonly ModelsInTable[]
  /** Null: from the layers' rows alone, without the shift. */
  readonly files: readonly ModelFile[] | null
  readonly pairs: readonly Pair[]
  readonly groups: GroupChoice
}

/** What figures are drawn from: two groups or studies, for what stands under their numbers, or all that a report is made of. */
export type FiguresFrom =
  | { readonly report: GroupReport; readonly depth: string | undefined }
  | { readonly studies: Studies }
  | { readonly input: ReportInput & { readonly analysis: Analysis }; readonly tables: readonly ModelsInTable[] }

/** What tables are made of. */
export type TableSource = { readonly analysis: Analysis } | { readonly report: GroupReport }

/** Results as one zip, and the number to quote. */
export interface SavedResults {
  readonly zip: Uint8Array<ArrayBuffer>
  readonly resultsSha256: string
}

/** The models of the page, and the files that hold them (null for results of an earlier run, which are written as they are). */
export interface ResultsGiven {
  readonly analysis: Analysis
  readonly files: readonly ModelFile[] | null
  readonly pairs: readonly Pair[]
}

/** A model in its file. */
export interface ContentsGiven {
  /** Number of the drop. */
  readonly drop: number
  readonly files: readonly GivenFile[]
  /** Path of the input that the model came from. */
  readonly input: string
  readonly model: string
}

/** What a model's file holds. */
export interface Contents {
  /** False where the reader of the format finds convolutions only, and no biases, matrices or statistics. */
  readonly isWhole: boolean
  readonly convolutions: readonly {
    readonly layer: string
    /** The node or module that uses it; null where the file names none. */
    readonly node: string | null
    readonly shape: readonly number[]
    readonly groups: number
    readonly depth: number
    readonly conv_depth: number
    readonly dtype: string
  }[]
  readonly others: readonly {
    readonly name: string
    /** What it is, and why it is not measured; null for what no rule asks about (biases, matrices). */
    readonly kind: string | null
    readonly reason: string | null
    readonly shape: readonly number[]
    /** Null where there are no numbers to read. */
    readonly dtype: string | null
  }[]
}

/** A tensor of a model's file, by its place in one of the lists of its contents. */
export interface TensorGiven extends ContentsGiven {
  readonly list: 'convolutions' | 'others'
  readonly index: number
}

/** Some of a layer's filters, by their index in it. */
export type WantedFilters = Int32Array | { readonly from: number; readonly count: number }

/** Filters in one tile that a worker hands to the grid. */
export const TILE = 16384

export interface WorkerMethods {
  /** Loads what measuring takes, or opening layers of these files, before it is needed. */
  prepare: { given: { files: readonly GivenFile[] }; event: never; result: null }
  /** Measures what was dropped; results of earlier runs come back as they are. */
  analyze: { given: { files: readonly GivenFile[] }; event: AnalysisEvent; result: Dropped }
  /** All that the layer view shows beyond the layer's row. */
  layer: { given: LayerInFiles; event: never; result: LayerDetail }
  /** What the model's file holds: headers only. */
  contents: { given: ContentsGiven; event: never; result: Contents }
  /** Statistics of a tensor that is not measured; the reason when its numbers cannot be read. */
  tensor: { given: TensorGiven; event: never; result: TensorStatistics | string }
  /** Weights of filters of a layer, one after the other: of those of these indices, or of `count` from `from` on. */
  weights: { given: { place: LayerInFiles; filters: WantedFilters }; event: never; result: Float32Array }
  /** Holds results whose layers stay in their table against their hashes. */
  check: { given: ResultsTable; event: never; result: StoredCheck }
  /** What such results hold of a model, by its name there. */
  stored: { given: { table: ResultsTable; model: string }; event: never; result: StoredModel }
  /** The comparison of two groups that lies beside such results. */
  storedGroups: { given: ResultsTable; event: never; result: GroupReport | null }
  /** Coefficients of layers in one basis, over their common range. */
  coefficients: { given: SecondPass; event: AnalysisEvent; result: CoefficientPass }
  /** Two groups; with the shift between their filters where the files are given. */
  groups: { given: GroupsGiven; event: AnalysisEvent; result: GroupReport }
  /** What changed between the weights of two models. */
  changes: { given: ReadModels; event: never; result: ModelComparison }
  /** Models as a series of checkpoints. */
  series: { given: ReadModels; event: AnalysisEvent; result: PageSeries }
  /** Figures, drawn as SVG. */
  figures: { given: FiguresFrom; event: never; result: readonly Figure[] }
  /** A table as a file. */
  table: { given: { source: TableSource; name: string; format: ExportFormat }; event: never; result: Uint8Array<ArrayBuffer> }
  /** The results of an analysis, as the command line writes them, in one zip. */
  results: { given: ResultsGiven; event: never; result: SavedResults }
}

export type Method = keyof WorkerMethods

/** Page to worker. */
export type Call =
  | { readonly id: number; readonly method: Method; readonly given: unknown }
  | { readonly id: number; readonly method: 'cancel'; readonly given: null }

/** Worker to page. */
export type Answer =
  | { readonly id: number; readonly event: unknown }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { name: string; message: string; plain: boolean; stack: string } }
