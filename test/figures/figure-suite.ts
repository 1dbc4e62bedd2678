// Every figure and a small report from made-up data: the same call in Node and in browsers.
import type { FirstStage } from '../../src/activation/first-stage.ts'
import { accuracyByArchitecture } from '../../src/figures/accuracy-by-architecture.ts'
import { activationFigure } from '../../src/figures/activation-figure.ts'
import { coefficientCovariance } from '../../src/figures/coefficient-covariance.ts'
import { coefficientDensity } from '../../src/figures/coefficient-density.ts'
import { coefficientHistogram } from '../../src/figures/coefficient-histogram.ts'
import { coefficientRidges } from '../../src/figures/coefficient-ridges.ts'
import { explainedVariance } from '../../src/figures/explained-variance.ts'
import type { Figure } from '../../src/figures/figure.ts'
import { filterGrid } from '../../src/figures/filter-grid.ts'
import { firstLayerRgb } from '../../src/figures/first-layer-rgb.ts'
import { firstLayerShape } from '../../src/figures/first-layer-shape.ts'
import { histogramRidges } from '../../src/figures/histogram-ridges.ts'
import { layerGrid } from '../../src/figures/layer-grid.ts'
import { metricAgainstAccuracy } from '../../src/figures/metric-against-accuracy.ts'
import { metricsByDepth } from '../../src/figures/metrics-by-depth.ts'
import { modelComparison } from '../../src/figures/model-comparison.ts'
import { modelOverview } from '../../src/figures/model-overview.ts'
import { ownBases } from '../../src/figures/own-bases.ts'
import { pairShifts } from '../../src/figures/pair-shifts.ts'
import { pcaBases } from '../../src/figures/pca-bases.ts'
import { shiftByDepth } from '../../src/figures/shift-by-depth.ts'
import { shiftMatrixFigure } from '../../src/figures/shift-matrix.ts'
import { trajectoryHeatMap } from '../../src/figures/trajectory-heat-map.ts'
import {
  generator,
  syntheticAnalysis,
  syntheticComparison,
  syntheticFilters,
  syntheticReport,
  syntheticTrajectory,
} from './synthetic.ts'

export const smallReport = () =>
  syntheticReport({
    datasets: [
      { name: 'cifar10', pairs: 8 },
      { name: 'cifar100', pairs: 6 },
      { name: 'imagenet', pairs: 3 },
    ],
  })

/** A first stage of random weights on a random 8×8 image. */
export function syntheticStage(): FirstStage {
  const random = generator(5)
  const planes = (channels: number, low: number) => ({
    channels,
    height: 8,
    width: 8,
    values: Float32Array.from({ length: 64 * channels }, () => Math.max(0, low + random())),
  })
  const image = { name: 'clean.png', ...planes(3, 0) }
  const changed = { ...image, name: 'changed.png', values: image.values.map((v) => v + (random() > 0.5 ? 8 / 255 : -8 / 255)) }
  const activation = planes(6, -0.4)
  const changedActivation = planes(6, -0.4)
  return {
    model: 'resnet18_normal',
    layer: 'conv1.weight',
    node: null,
    convolution: { shape: [6, 3, 3, 3], groups: 1, weights: syntheticFilters(18, 2) },
    placement: { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] },
    placementKnown: true,
    normalisation: { mean: [0.5], std: [0.25] },
    image,
    changed,
    activation,
    changedActivation,
    difference: { ...activation, values: changedActivation.values.map((v, i) => v - activation.values[i]!) },
  }
}

/** Filter grid of three layers, one with sparse filters. */
export const syntheticGrid = (model = 'resnet18_normal') => ({
  model,
  threshold: 0.01,
  columns: 12,
  layers: [0, 1, 2].map((i) => ({
    layer: `layer${i}.conv.weight`,
    count: 4096,
    sparse_filters: i === 2 ? 300 : 0,
    peak: 1.8,
    filters: syntheticFilters(12, i + 1, i === 2 ? 3 : 0),
  })),
})

export const syntheticFirstLayers = () =>
  ['resnet18_normal', 'resnet18_robust'].map((model, i) => ({
    model,
    layer: 'conv1.weight',
    node: null,
    outChannels: 16,
    weights: syntheticFilters(48, 4 + i),
  }))

/** Coefficients of two sets of filters, as the figures of models take them. */
export function syntheticRidges() {
  const table = smallReport().coefficients!
  const overall = table.groups.filter((row) => row.bucket === 'all' && row.dataset === null)
  return {
    title: 'Distributions of the coefficients',
    rows: overall.map(({ group, filters, counts }) => ({ name: group === 'a' ? 'normal' : 'robust', filters, counts })),
    range: table.range as [number, number],
    basis: 'the basis of all 2 models',
    kernel: '3×3',
    ratio: [0.5, 0.2, 0.1, 0.08, 0.05, 0.03, 0.02, 0.01, 0.01],
  }
}

/** Eight 5×7 filters of a layer, one of them sparse. */
export function syntheticLayer() {
  const filters = syntheticFilters(32, 9).slice(0, 8 * 35)
  filters.fill(0.001, 70, 105)
  return {
    model: 'net',
    layer: 'stem.weight',
    kernel: [5, 7] as const,
    filters,
    numbers: [0, 1, 2, 3, 12, 13, 14, 15],
    sparse: [false, false, true, false, false, false, false, false],
    inChannels: 4,
    count: 64,
    sparse_filters: 3,
    threshold: 0.01,
    perRow: 4,
  }
}

function syntheticDensity() {
  const counts = new Float64Array(100).map((_, at) => (at % 7) * (at % 3))
  const rows = [{ name: 'all layers', filters: counts.reduce((sum, n) => sum + n, 0), counts }]
  const range = [-2, 2] as const
  return { rows, components: [1, 2] as const, bins: 10, across: range, up: range, basis: 'the basis of net', kernel: '3×3' }
}

/** Every figure. */
export async function allFigures(): Promise<Figure[]> {
  const report = smallReport()
  const analysis = syntheticAnalysis()
  const model = analysis.models[0]!
  const few = syntheticReport({ datasets: [{ name: 'cifar10', pairs: 3 }] })
  return [
    await metricsByDepth(report),
    renamed(await metricsByDepth(few), 'metrics-by-depth-of-few'),
    await metricsByDepth(report, undefined, 'shape'),
    await firstLayerShape(report),
    pcaBases(report),
    await explainedVariance(report),
    await coefficientRidges(report),
    await shiftByDepth(report),
    shiftMatrixFigure(report.matrices[0]!),
    await metricAgainstAccuracy(report),
    await modelComparison(syntheticComparison()),
    await modelOverview(
      model,
      analysis.layers.filter((layer) => layer.model === model.model),
    ),
    filterGrid(syntheticGrid()),
    firstLayerRgb(syntheticFirstLayers()),
    activationFigure(syntheticStage()),
    trajectoryHeatMap(syntheticTrajectory()),
    renamed(activationFigure([syntheticStage(), { ...syntheticStage(), model: 'resnet18_robust' }], [0, 5]), 'activation-of-two'),
    await accuracyByArchitecture(report),
    await pairShifts(report),
    layerGrid(syntheticLayer()),
    ownBases(
      ['a', 'b'].map((group) => {
        const row = report.bases.find((basis) => basis.group === group && basis.dataset === null)!
        const { components, explained_variance_ratio } = row
        return {
          name: `net_${group}`,
          facts: '3 layers',
          filters: row.filters,
          components: components!,
          explained_variance_ratio: explained_variance_ratio!,
        }
      }),
      [3, 3],
    ),
    await histogramRidges(syntheticRidges()),
    await coefficientHistogram(syntheticRidges()),
    coefficientCovariance(
      [
        {
          name: 'net',
          filters: 12,
          covariance: [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? 1 / (1 + i) : (i - j) / 20))),
        },
      ],
      'the basis of net',
      '3×3',
    ),
    coefficientDensity(syntheticDensity()),
  ]
}

const renamed = (figure: Figure, id: string): Figure => ({ ...figure, id })
