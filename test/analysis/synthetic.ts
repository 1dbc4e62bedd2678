import { type Coefficients, coefficientBins, type LayerCoefficients } from '../../src/analysis/coefficients.ts'
import type { MetaValue } from '../../src/database/meta.ts'
import { layerFlags } from '../../src/measure/flags.ts'
import type { LayerRow } from '../../src/measure/layer-row.ts'
import type { Analysis, ModelRow } from '../../src/measure/model-row.ts'
import { principalComponents } from '../../src/shift/principal-components.ts'
import { randomWords } from '../../src/shift/random.ts'
import { emptyMoments, type Moments, mergeMoments } from '../../src/wasm/moments.ts'
import { blankMetrics, blankOverall } from '../measure/blank-metrics.ts'

/** A model's row with nothing measured. */
export function modelRow(model: string, meta: Record<string, MetaValue> = {}): ModelRow {
  return {
    model,
    file: `${model}.onnx`,
    bytes: 1000,
    sha256: null,
    format: 'ONNX',
    producer: null,
    opset: 13,
    depth_source: 'graph',
    revision: null,
    layers: 0,
    filters: 0,
    ...blankOverall,
    meta,
  }
}

/** Moments with a random mean and scatter. */
export function randomMoments(count: number, next: () => number, taps = 9): Moments {
  if (count === 0) return emptyMoments(taps)
  const rows = Array.from({ length: taps + 2 }, () => Float64Array.from({ length: taps }, () => next() / 2 ** 32 - 0.5))
  const scatter = new Float64Array(taps * taps)
  for (const row of rows)
    for (let i = 0; i < taps; i++) for (let j = 0; j < taps; j++) scatter[i * taps + j]! += row[i]! * row[j]! * count
  return { count, mean: Float64Array.from({ length: taps }, () => next() / 2 ** 32 - 0.5), scatter }
}

/** A layer's row as measuring would give it, with random statistics. */
export function layerRow(given: Partial<LayerRow> & Pick<LayerRow, 'model'>, next: () => number = randomWords(1)): LayerRow {
  const unit = (): number => next() / 2 ** 32
  const filters = given.filters ?? 1024
  const sparse = given.sparse_filters ?? Math.floor(unit() * filters * 0.3)
  const scaled = given.scaled ?? randomMoments(filters - sparse, next)
  const row = {
    layer: 'conv',
    node: null,
    layer_id: 0,
    kernel: '3x3',
    depth: 0,
    conv_depth: 0,
    conv_depth_norm: 0,
    in_channels: 32,
    out_channels: 32,
    groups: 1,
    filters,
    ...blankMetrics,
    peak: 1,
    sparse_filters: sparse,
    sparsity: sparse / filters,
    variance_entropy: 0.5 + 0.4 * unit(),
    variance_entropy_raw: 0.8,
    variance_entropy_raw_norm: 0.9,
    variance_entropy_clean: 0.8,
    variance_entropy_clean_norm: 0.9,
    orthogonality: 0.5 + 0.4 * unit(),
    norm_l1: 1,
    norm_l2: 1,
    norm_l1_standardised: 1,
    norm_l2_standardised: 1,
    undefined_because: {},
    scaled,
    raw: scaled,
    clean: scaled,
    ...given,
  }
  return { flags: layerFlags(row), ...row }
}

/** Models with `layersEach` layers each, from the shallowest to the deepest. */
export function syntheticAnalysis(models: readonly ModelRow[], layersEach: number, seed = 1): Analysis {
  const next = randomWords(seed)
  return {
    version: '0.0.0',
    parameters: { profile: 'cvprw22', threshold: 0.01, kernel: '3x3', kernel_sha256: '0' },
    models,
    layers: models.flatMap(({ model }) =>
      Array.from({ length: layersEach }, (_, k) =>
        layerRow(
          {
            model,
            layer: `conv${k}`,
            layer_id: k,
            depth: k,
            conv_depth: k,
            conv_depth_norm: layersEach > 1 ? k / (layersEach - 1) : null,
          },
          next,
        ),
      ),
    ),
    skipped: [],
    failed: [],
    warnings: [],
  }
}

/** Histograms as a second pass would give them, with random counts. */
export function syntheticCoefficients(analysis: Analysis, seed = 7): Coefficients {
  const next = randomWords(seed)
  const layers = analysis.layers.map((layer): LayerCoefficients => {
    const filters = layer.filters - layer.sparse_filters
    const counts = new Float64Array(9 * coefficientBins)
    for (let c = 0; c < 9; c++) {
      for (let f = 0; f < filters; f += 8) {
        const bin = 10 + Math.floor((((next() + next()) / 2 ** 33) * 50) | 0)
        counts[c * coefficientBins + bin]! += Math.min(8, filters - f)
      }
    }
    return {
      model: layer.model,
      layer_id: layer.layer_id,
      filters,
      counts,
      min: new Float64Array(9).fill(-1),
      max: new Float64Array(9).fill(1),
    }
  })
  const basis = principalComponents(mergeMoments(analysis.layers.map(({ scaled }) => scaled)))
  return { range: [-1.5, 1.5], basis, layers }
}

/** The same analysis with the filters of one model under the name of another, too. */
export function withTwin(analysis: Analysis, model: string, twin: string): Analysis {
  const own = new Map(analysis.layers.flatMap((row) => (row.model === model ? [[row.layer, row] as const] : [])))
  return {
    ...analysis,
    layers: analysis.layers.map((row) => (row.model === twin ? { ...own.get(row.layer)!, model: twin } : row)),
  }
}
