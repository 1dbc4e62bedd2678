// Types that the functions above take or give.

export type { ConvolutionWeights, Planes } from './activation/convolution.ts'
export type { FirstStage, Normalisation } from './activation/first-stage.ts'
export type { Image } from './activation/image.ts'
export {
  analyzeGroups,
  type GroupsOptions,
  groupCoefficients,
  groupsOfRun,
  type RunGroupsOptions,
} from './analysis/analyze-groups.ts'
export { type BootstrapOptions, bootstrapMeans } from './analysis/bootstrap.ts'
export { compareWeights, type MeasuredModel } from './analysis/changes.ts'
export { type CheckpointFacts, type CheckpointOrder, orderCheckpoints, type PlacedCheckpoint } from './analysis/checkpoints.ts'
export type { Coefficients } from './analysis/coefficients.ts'
export { compareModels } from './analysis/compare-models.ts'
export { type GroupInput, type GroupQuestion, groupAnalysis } from './analysis/group-analysis.ts'
export { holm } from './analysis/holm.ts'
export type { Joined } from './analysis/join-meta.ts'
export { joinMeta } from './analysis/join-meta.ts'
export { joinPairs } from './analysis/join-pairs.ts'
export type { GroupChoice } from './analysis/members.ts'
export { type MetaTable, parseMeta } from './analysis/meta-table.ts'
export { type Pair, type PairTable, parsePairs } from './analysis/pairs.ts'
export type * from './analysis/report-types.ts'
export { bucketNames, metricNames } from './analysis/report-types.ts'
export type { TriedOrders } from './analysis/spearman.ts'
export { type Spearman, spearman } from './analysis/spearman.ts'
export { analyzeStudies, type StudiesOptions, studiesOfRun } from './analysis/studies-of-run.ts'
export type { StudyQuestion } from './analysis/study.ts'
export type * from './analysis/study-types.ts'
export { type SeriesCheckpoint, Trajectory, type TrajectoryRow } from './analysis/trajectory.ts'
export { type AnalyzeOptions, analyze } from './analyze.ts'
export type { Column } from './arrow/column.ts'
export type { InputPart, MetaValue } from './database/meta.ts'
export { InputError, isPlainError, NonFiniteWeightError, UsageError } from './errors.ts'
export { type Extraction, type ExtractOptions, extract } from './extract.ts'
export type { Figure, FigureLook, FigureWidth } from './figures/figure.ts'
export { standalone } from './figures/figure.ts'
export type { FilterGridData, LayerFilters } from './figures/filter-grid.ts'
export type { FirstLayer } from './figures/first-layer-rgb.ts'
export type { PngOptions, WasmLoader } from './figures/png.ts'
export type { AnyInput, AnyInputs, ModelBytes } from './inputs/any-inputs.ts'
export { fileInputs } from './inputs/given-inputs.ts'
export { openBlob } from './io/blob.ts'
export { openUrl } from './io/http.ts'
export type { UrlOptions } from './io/http-request.ts'
export { type MemoryFolder, memoryOutput } from './io/memory-folder.ts'
export type { Folder, Input, LazyInput, Origin, RandomAccess } from './io/random-access.ts'
export type { OutputFolder, Sink } from './io/sink.ts'
export type { Weighable } from './measure/aggregate.ts'
export { type Aggregate, aggregateLayers } from './measure/aggregate.ts'
export {
  type CoefficientOptions,
  type CoefficientPass,
  coefficientBins,
  type Histograms,
  type LayerCoefficients,
  measureCoefficients,
} from './measure/coefficients.ts'
export type { Inputs } from './measure/inputs.ts'
export { type LayerMetrics, type LayerRow, type NullableMetric, nullableMetrics } from './measure/layer-row.ts'
export {
  type LayerSource,
  layersInMemory,
  type MeasuredLayer,
  type RowSource,
  type SkippedRow,
  type StreamedRun,
  streamed,
} from './measure/layer-source.ts'
export type { LayerPlace, MeasuredRun } from './measure/layers-again.ts'
export { inputNames, stemOf } from './measure/model-names.ts'
export type { Analysis, ModelRow, Parameters, Profile } from './measure/model-row.ts'
export type { FinishedLayer, LayerIdentity, MeasureOptions, Progress } from './measure/options.ts'
export { type MeasureEvent, measure } from './measure/run.ts'
export type { KernelChoice, SelectedLayer, Selection } from './measure/select.ts'
export { parseKernel, selectLayers } from './measure/select.ts'
export { buildReport } from './report/build-report.ts'
export { type FigureFile, type FigureFormat, figureFiles, type PdfWriter } from './report/figure-files.ts'
export { type PlacedFigure, reportFigures } from './report/report-figures.ts'
export type { ReportInput } from './report/report-input.ts'
export { checkFiles, type FileCheck } from './results/check-files.ts'
export type { Difference } from './results/compare-rows.ts'
export { csvLines, layersCsv, modelsCsv } from './results/csv.ts'
export { type ExportFormat, exportFormats, exportTable } from './results/export-formats.ts'
export { groupTables } from './results/export-groups.ts'
export { runTables } from './results/export-run.ts'
export { studyTables } from './results/export-studies.ts'
export type { ExportTable } from './results/export-table.ts'
export type { RunFacts } from './results/finish.ts'
export type { ManifestEntry } from './results/manifest.ts'
export { zippedResults } from './results/open-results.ts'
export { packFiles } from './results/pack.ts'
export { type Recomputation, type RecomputeOptions, recompute } from './results/recompute.ts'
export type { LayerTableWriter, TableWriter } from './results/tables.ts'
export {
  layerTableBytes,
  layerTableWriter,
  modelTableBytes,
  skippedTableBytes,
  tableFiles,
  writeTables,
} from './results/tables.ts'
export { readLayerTable, readModelTable, readResults } from './results/tables-read.ts'
export { type ResultsContent, writeResults } from './results/write-results.ts'
export { type PrincipalComponents, principalComponents, whyNoBasis } from './shift/principal-components.ts'
export type { Convolution, Placement, Skipped, Source, SourceFormat, SourceModel } from './sources/source.ts'
export { version } from './version.ts'
export type { FilterBasis } from './wasm/module.ts'
export { emptyMoments, type Moments, mergeMoments } from './wasm/moments.ts'
export type { StoredType } from './wasm/stored.ts'
export type { ConvShape, Dequantisation, WeightPlan } from './weights/plan.ts'
