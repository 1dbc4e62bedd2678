// Every figure and a small report from made-up data: the same call in Node and in browsers.
import type { FirstStage } from '../../src/activation/first-stage.ts'
import { activationFigure } from '../../src/figures/activation-figure.ts'
import { coefficientRidges } from '../../src/figures/coefficient-ridges.ts'
import { explainedVariance } from '../../src/figures/explained-variance.ts'
import type { Figure } from '../../src/figures/figure.ts'
import { filterGrid } from '../../src/figures/filter-grid.ts'
import { firstLayerRgb } from '../../src/figures/first-layer-rgb.ts'
import { firstLayerShape } from '../../src/figures/first-layer-shape.ts'
import { metricAgainstAccuracy } from '../../src/figures/metric-against-accuracy.ts'
import { metricsByDepth } from '../../src/figures/metrics-by-depth.ts'
import { modelComparison } from '../../src/figures/model-comparison.ts'
import { modelOverview } from '../../src/figures/model-overview.ts'
import { pcaBases } from '../../src/figures/pca-bases.ts'
import { shiftByDepth } from '../../src/figures/shift-by-depth.ts'
import { shiftMatrixFigure } from '../../src/figures/shift-matrix.ts'
import { generator, syntheticAnalysis, syntheticComparison, syntheticFilters, syntheticReport } from './synthetic.ts'

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
    outChannels: 16,
    weights: syntheticFilters(48, 4 + i),
  }))

/** All fourteen figures. */
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
  ]
}

const renamed = (figure: Figure, id: string): Figure => ({ ...figure, id })
