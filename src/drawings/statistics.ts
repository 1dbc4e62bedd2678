import { byBucket } from '../analysis/depth.ts'
import { HistogramSum } from '../analysis/histogram-sum.ts'
import { bucketNames } from '../analysis/report-names.ts'
import { spokenName } from '../database/spoken-name.ts'
import { InputError } from '../errors.ts'
import { type CovarianceRow, coefficientCovariance } from '../figures/coefficient-covariance.ts'
import { coefficientHistogram } from '../figures/coefficient-histogram.ts'
import type { Figure } from '../figures/figure.ts'
import { histogramRidges, type RidgeData, type RidgeRow } from '../figures/histogram-ridges.ts'
import { bucketWords } from '../figures/metric-words.ts'
import { type OwnBasis, ownBases } from '../figures/own-bases.ts'
import { coefficientBins, measureCoefficients } from '../measure/coefficients.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { type PrincipalComponents, principalComponents, whyNoBasis } from '../shift/principal-components.ts'
import { type Moments, mergeMoments } from '../wasm/moments.ts'
import { plural, shorten } from '../words.ts'
import { type MeasuredTask, measureTask, sharedKernel } from './measured.ts'
import type { DrawingTask } from './task.ts'

/** A set of filters: a model's, a layer's, or those of a part of a model's depth. */
export interface FilterSet {
  readonly name: string
  readonly layers: readonly LayerRow[]
}

/** The sets that a figure of statistics tells apart: models, or of a single model what `parts` makes of it. */
export function setsOf(
  { models }: MeasuredTask,
  task: DrawingTask,
  parts: (layers: readonly LayerRow[]) => FilterSet[],
): FilterSet[] {
  const named = models.map(
    ({ model, layers }): FilterSet => ({
      name: task.layer === undefined ? model : `${model}: ${spokenName(layers[0]!)}`,
      layers,
    }),
  )
  const [one] = named
  return one && named.length === 1 && task.layer === undefined ? parts(one.layers) : named
}

/** A single model is one set. */
function asOne(layers: readonly LayerRow[]): FilterSet[] {
  return [{ name: layers[0]!.model, layers }]
}

/** A single model by relative depth: all, the first layer, then ten bins; those that hold layers. */
export function byDepth(layers: readonly LayerRow[]): FilterSet[] {
  const parts = byBucket(layers).map((own, index): FilterSet => ({ name: bucketWords(bucketNames[index]!), layers: own }))
  return [{ name: 'all layers', layers }, ...parts.filter(({ layers: own }) => own.length > 0)]
}

function momentsOf(layers: readonly LayerRow[], taps: number): Moments {
  return mergeMoments(
    layers.map(({ scaled }) => scaled),
    taps,
  )
}

/** The basis of all that is drawn. @throws InputError when there is none */
export function commonBasis({ models }: MeasuredTask, taps: number): PrincipalComponents {
  const moments = momentsOf(
    models.flatMap(({ layers }) => layers),
    taps,
  )
  const because = whyNoBasis(moments)
  if (because !== null) throw new InputError(models[0]!.model, `has no basis: ${because}`)
  return principalComponents(moments)
}

/** "the basis of all 12 models"; of a layer, "the basis of layer conv1.weight". */
export function basisWords({ models }: MeasuredTask, task: DrawingTask): string {
  if (models.length > 1)
    return `the basis of all ${plural(models.length, 'model')}${task.layer === undefined ? '' : ' (one layer each)'}`
  const [{ model, layers }] = models as [MeasuredTask['models'][number]]
  return task.layer === undefined ? `the basis of ${shorten(model, 60)}` : `the basis of layer ${spokenName(layers[0]!)}`
}

/** The components of each model, or of a layer of each, every one from its own filters. @throws InputError, UsageError */
export async function drawBases(task: DrawingTask): Promise<Figure> {
  const measured = await measureTask(task)
  const sides = sharedKernel(measured)
  const rows = setsOf(measured, task, asOne).flatMap(({ name, layers }): OwnBasis[] => {
    const moments = momentsOf(layers, sides[0] * sides[1])
    if (whyNoBasis(moments) !== null) return []
    const { components, explainedVarianceRatio } = principalComponents(moments)
    const taps = explainedVarianceRatio.length
    return [
      {
        name,
        facts: plural(layers.length, 'layer'),
        filters: moments.count,
        components: Array.from({ length: taps }, (_, c) => [...components.subarray(c * taps, (c + 1) * taps)]),
        explained_variance_ratio: [...explainedVarianceRatio],
      },
    ]
  })
  if (rows.length === 0) commonBasis(measured, sides[0] * sides[1])
  return ownBases(rows, sides, measured.analysis)
}

/** Covariance of the coefficients of each model (of one: by depth) in the basis of all. @throws InputError, UsageError */
export async function drawCovariance(task: DrawingTask): Promise<Figure> {
  const measured = await measureTask(task)
  const [height, width] = sharedKernel(measured)
  const basis = commonBasis(measured, height * width)
  const rows = setsOf(measured, task, byDepth).flatMap(({ name, layers }): CovarianceRow[] => {
    const moments = momentsOf(layers, height * width)
    return moments.count < 2 ? [] : [{ name, filters: moments.count, covariance: rotated(moments, basis) }]
  })
  return coefficientCovariance(rows, basisWords(measured, task), `${height}×${width}`, measured.analysis)
}

/** C·S·Cᵀ of a covariance S and components C. */
function rotated({ scatter, count }: Moments, { components, mean: { length } }: PrincipalComponents): number[][] {
  const half = Array.from({ length }, (_, i) =>
    Array.from({ length }, (_, t) => {
      let sum = 0
      for (let u = 0; u < length; u++) sum += components[i * length + u]! * scatter[u * length + t]!
      return sum
    }),
  )
  return half.map((line) =>
    Array.from({ length }, (_, j) => {
      let sum = 0
      for (let t = 0; t < length; t++) sum += line[t]! * components[j * length + t]!
      return sum / (count - 1)
    }),
  )
}

/** The histograms of the sets in the basis of all that is drawn, from a second pass over the filters. */
interface SetHistograms {
  readonly basis: PrincipalComponents
  readonly range: readonly [number, number]
  readonly kernel: string
  /** Those of layers together. */
  readonly sumOf: (layers: readonly LayerRow[]) => HistogramSum
}

/** The second pass over the filters that are drawn. @throws InputError, UsageError */
export async function measureHistograms(task: DrawingTask, measured: MeasuredTask): Promise<SetHistograms> {
  const [height, width] = sharedKernel(measured)
  const basis = commonBasis(measured, height * width)
  const rows = measured.models.flatMap(({ layers }) => layers)
  const { range, layers } = await measureCoefficients(task.inputs, { ...measured.analysis, layers: rows }, basis, {
    ...(task.signal && { signal: task.signal }),
  })
  const found = new Map(layers.map((layer) => [`${layer.layer_id}/${layer.model}`, layer]))
  return {
    basis,
    range,
    kernel: `${height}×${width}`,
    sumOf(some) {
      const sum = new HistogramSum(basis.mean.length)
      for (const { layer_id, model } of some) sum.add(found.get(`${layer_id}/${model}`)!)
      return sum
    },
  }
}

function ridgeRow({ name, layers }: FilterSet, { sumOf }: SetHistograms): RidgeRow {
  const { filters, counts, min } = sumOf(layers)
  const ofComponent = (c: number) => [...counts.subarray(c * coefficientBins, (c + 1) * coefficientBins)]
  return { name, filters, counts: Array.from(min, (_, c) => ofComponent(c)) }
}

async function ridgeData(
  task: DrawingTask,
  parts: (layers: readonly LayerRow[]) => FilterSet[],
): Promise<RidgeData & { ratio: number[] }> {
  const measured = await measureTask(task)
  const histograms = await measureHistograms(task, measured)
  return {
    title: 'Distributions of the coefficients',
    rows: setsOf(measured, task, parts).map((set) => ridgeRow(set, histograms)),
    range: histograms.range,
    basis: basisWords(measured, task),
    kernel: histograms.kernel,
    parameters: measured.analysis.parameters,
    ratio: [...histograms.basis.explainedVarianceRatio],
  }
}

/** Distributions of the coefficients: a row for each model, of a single model for each part of its depth. @throws InputError, UsageError */
export async function drawRidges(task: DrawingTask): Promise<Figure> {
  return histogramRidges(await ridgeData(task, byDepth))
}

/** Histograms of the coefficients, a panel a component, up to seven models over one another. @throws InputError, UsageError */
export async function drawHistogram(task: DrawingTask): Promise<Figure> {
  return coefficientHistogram(await ridgeData(task, asOne))
}
