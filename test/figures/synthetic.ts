// Made-up but plausible results, the same on every run: only + - · / and a linear congruential generator, so that
// snapshots hold in every engine. Orders of magnitude follow the paper.
import {
  type BasisRow,
  type BucketName,
  bucketNames,
  type Chance,
  type CoefficientRow,
  type CorrelationRow,
  type Counting,
  type Distribution,
  type GroupReport,
  groupedNames,
  type MetricName,
  type ModelComparison,
  type ModelDepthRow,
  metricNames,
  type PairedComparison,
  type PairRow,
  type ReportModel,
  type ShiftRow,
} from '../../src/analysis/report-types.ts'
import type { TrajectoryRow } from '../../src/analysis/trajectory.ts'
import type { TrajectoryData } from '../../src/figures/trajectory-heat-map.ts'
import { layerFlags } from '../../src/measure/flags.ts'
import type { LayerRow } from '../../src/measure/layer-row.ts'
import { type ComparedMetric, type ShapeMetric, shapeMetrics } from '../../src/measure/metrics/registry.ts'
import type { Analysis, ModelRow, Parameters } from '../../src/measure/model-row.ts'
import { emptyMoments } from '../../src/wasm/moments.ts'
import { blankMetrics, blankOverall } from '../measure/blank-metrics.ts'

export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 4294967296
}

/** Bell-shaped in (-1, 1), deviation about 0.29. */
function bell(random: () => number): number {
  return (random() + random() + random() + random()) / 2 - 1
}

export const parameters: Parameters = {
  profile: 'cvprw22',
  threshold: 0.01,
  kernel: '3x3',
  kernel_sha256: '0123456789abcdef'.repeat(4),
}

const levels: Record<ComparedMetric, (depth: number, robust: boolean, dataset: number) => number> = {
  sparsity: (depth, robust, dataset) =>
    (robust ? 0.02 + 0.08 * depth : 0.03 + 0.55 * depth * depth) / (1 + 2 * (dataset === 2 ? 1 : 0)),
  variance_entropy: (depth, robust, dataset) =>
    0.78 - 0.1 * depth - (robust ? 0.08 * depth * depth : 0.34 * depth * depth) / (1 + dataset),
  orthogonality: (depth, robust, dataset) => 0.8 + 0.15 * depth - (robust ? 0.02 : 0.13 * depth) / (1 + dataset),
}

/** The same of the filters' shape: robust first layers threshold. */
const shapeLevels: Record<ShapeMetric, (depth: number, robust: boolean) => number> = {
  dc_share: (depth, robust) => (robust ? 0.3 : 0.12) + 0.1 * depth,
  centre_share: (depth, robust) => (robust ? 0.75 - 0.55 * Math.min(1, 3 * depth) : 0.22),
  frequency: (depth, robust) => (robust ? 0.3 : 0.36) - 0.05 * depth,
  symmetry: (depth, robust) => (robust ? 0.82 - 0.2 * Math.min(1, 3 * depth) : 0.46 + 0.1 * depth),
}

export interface SyntheticOptions {
  readonly datasets?: readonly { readonly name: string; readonly pairs: number }[]
  readonly seed?: number
}

/** A full report of pairs of models. */
export function syntheticReport(options: SyntheticOptions = {}): GroupReport {
  const {
    datasets = [
      { name: 'cifar10', pairs: 44 },
      { name: 'cifar100', pairs: 17 },
      { name: 'imagenet', pairs: 5 },
    ],
    seed = 7,
  } = options
  const random = generator(seed)
  const shapes = generator(seed + 100)
  const models: ReportModel[] = []
  const depth: ModelDepthRow[] = []
  const pairs: PairRow[] = []
  const architectures = ['PreActResNet-18', 'WideResNet-28-10', 'ResNet-50']
  datasets.forEach(({ name: dataset, pairs: n }, datasetIndex) => {
    for (let i = 0; i < n; i++) {
      const architecture = architectures[i % architectures.length]!
      const made = (['a', 'b'] as const).map((group) => {
        const name = `${dataset}_${architecture}_${group === 'a' ? 'normal' : 'robust'}_${i}`
        const own = bell(random)
        const overall = {} as Record<MetricName, number>
        const rows = bucketNames.map((bucket, b) => {
          const values = {} as Record<MetricName, number>
          for (const metric of metricNames) {
            const level = levels[metric](b / 10, group === 'b', datasetIndex)
            values[metric] = Math.min(0.99, Math.max(0, level + level * 0.16 * (own + 0.8 * bell(random))))
            overall[metric] = (overall[metric] ?? 0) + values[metric] / bucketNames.length
          }
          for (const metric of shapeMetrics) {
            values[metric] = shapeLevels[metric](b / 10, group === 'b') * (1 + 0.12 * bell(shapes))
            overall[metric] = (overall[metric] ?? 0) + values[metric] / bucketNames.length
          }
          const filters = 4096 * (1 + b)
          return {
            model: name,
            group,
            dataset,
            architecture,
            bucket,
            layers: 2,
            filters,
            ...blankOverall,
            sparse_filters: Math.round(filters * values.sparsity),
            ...values,
          } satisfies ModelDepthRow
        })
        depth.push(...rows)
        const model: ReportModel = {
          model: name,
          group,
          dataset,
          architecture,
          clean_accuracy: group === 'a' ? 93 + 2 * own : 84 + 4 * own,
          robust_accuracy: group === 'a' ? 0 : 52 + 9 * own + 3 * bell(random),
          layers: 22,
          ...blankOverall,
          filters: rows.reduce((sum, row) => sum + row.filters, 0),
          sparse_filters: rows.reduce((sum, row) => sum + row.sparse_filters, 0),
          ...overall,
          meta: {},
        }
        models.push(model)
        return model
      })
      const [a, b] = made as [ReportModel, ReportModel]
      const metrics = {} as Record<MetricName, { a: number; b: number; difference: number }>
      for (const metric of groupedNames) metrics[metric] = { a: a[metric]!, b: b[metric]!, difference: b[metric]! - a[metric]! }
      pairs.push({ a: a.model, b: b.model, architecture, dataset, metrics, shift: 0.2 + 0.2 * random() })
    }
  })
  const names = datasets.map((d) => d.name)
  const scopes: (string | null)[] = [null, ...names]
  const buckets: (BucketName | 'all')[] = ['all', ...bucketNames]
  const countings: Counting[] = ['pairs', 'models']
  return {
    version: '0.0.0',
    parameters,
    methods: {
      test: 'two-sided Wilcoxon signed-rank test',
      effect: 'matched-pairs rank-biserial correlation',
      interval: '95 % percentile bootstrap of the mean difference',
      correction: 'Holm',
      correlation: 'Spearman, average ranks for ties',
      shift: 'symmetric KL divergence of 70-bin histograms, natural logarithm, weighted by explained variance',
      seed: 1,
      resamples: 10000,
      level: 0.95,
    },
    groups: { a: groupInfo('normal', models, 'a'), b: groupInfo('robust', models, 'b') },
    datasets: names,
    architectures,
    models,
    pairs,
    comparisons: scopes.flatMap((dataset) =>
      countings.flatMap((counting) =>
        groupedNames.flatMap((metric) => buckets.map((bucket) => compare(metric, bucket, dataset, counting, pairs, depth))),
      ),
    ),
    distributions: scopes.flatMap((dataset) =>
      groupedNames.flatMap((metric) =>
        buckets.flatMap((bucket) =>
          (['a', 'b'] as const).map((group) => distribution(metric, bucket, dataset, group, models, depth)),
        ),
      ),
    ),
    depth,
    pooled_depth: [],
    bases: scopes.flatMap((dataset) => (['all', 'a', 'b'] as const).map((group) => basis(group, dataset, models))),
    coefficients: {
      range: [-1.9, 1.9],
      bins: 70,
      basis_models: models.length,
      groups: scopes.flatMap((dataset, d) =>
        buckets.flatMap((bucket) => (['a', 'b'] as const).map((group) => coefficients(group, dataset, bucket, d))),
      ),
    },
    shift: scopes.flatMap((dataset, d) =>
      countings.flatMap((counting) => buckets.map((bucket, b) => shift(dataset, d, counting, bucket, b))),
    ),
    matrices: [matrix(names)],
    correlations: correlations(names),
    warnings: [],
  }
}

function groupInfo(name: string, models: readonly ReportModel[], group: 'a' | 'b'): GroupReport['groups']['a'] {
  const own = models.filter((m) => m.group === group)
  const filters = own.reduce((sum, m) => sum + m.filters, 0)
  const sparse = own.reduce((sum, m) => sum + m.sparse_filters, 0)
  return {
    name,
    models: own.length,
    layers: own.length * 22,
    filters,
    sparse_filters: sparse,
    sparsity: filters ? sparse / filters : null,
  }
}

function compare(
  metric: MetricName,
  bucket: BucketName | 'all',
  dataset: string | null,
  counting: Counting,
  pairs: readonly PairRow[],
  depth: readonly ModelDepthRow[],
): PairedComparison {
  const of = (model: string, pair: PairRow, side: 'a' | 'b') =>
    bucket === 'all'
      ? pair.metrics[metric][side]
      : (depth.find((row) => row.model === model && row.bucket === bucket)?.[metric] ?? null)
  const own = pairs.filter((p) => dataset === null || p.dataset === dataset)
  const values = own.map((p) => ({ a: of(p.a, p, 'a')!, b: of(p.b, p, 'b')! }))
  const n = values.length
  const mean = (f: (v: { a: number; b: number }) => number) => values.reduce((sum, v) => sum + f(v), 0) / n
  const difference = mean((v) => v.b - v.a)
  const up = values.filter((v) => v.b > v.a).length / n
  const effect = 2 * up - 1
  const strength = Math.abs(effect) * Math.sqrt(n)
  const p = Math.min(1, 1 / (1 + strength * strength * strength * strength))
  const width = 0.02 / Math.sqrt(n) + Math.abs(difference) * 0.3
  return {
    metric,
    bucket,
    dataset,
    counting,
    n,
    a: mean((v) => v.a),
    b: mean((v) => v.b),
    difference,
    interval: [difference - width, difference + width],
    test: { n, zeros: 0, w_plus: up * n, w_minus: (1 - up) * n, p, method: n <= 50 ? 'exact' : 'normal approximation', effect },
    p_holm: Math.min(1, p * (bucket === 'all' ? 3 : 6)),
    family: bucket === 'all' ? 3 : 11,
    because: null,
  }
}

function distribution(
  metric: MetricName,
  bucket: BucketName | 'all',
  dataset: string | null,
  group: 'a' | 'b',
  models: readonly ReportModel[],
  depth: readonly ModelDepthRow[],
): Distribution {
  const rows = (bucket === 'all' ? models : depth.filter((row) => row.bucket === bucket)).filter(
    (row) => row.group === group && (dataset === null || row.dataset === dataset),
  )
  const values = rows.map((row) => row[metric]!).sort((x, y) => x - y)
  const at = (share: number) => values[Math.floor(share * (values.length - 1))]!
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length
  return {
    metric,
    bucket,
    dataset,
    group,
    n: values.length,
    mean,
    min: at(0),
    q1: at(0.25),
    median: at(0.5),
    q3: at(0.75),
    max: at(1),
    because: null,
  }
}

const patterns: readonly (readonly number[])[] = [
  [0.21, 0.34, 0.22, 0.36, 0.57, 0.36, 0.21, 0.34, 0.22],
  [0.4, 0.43, 0.37, 0.03, 0.01, -0.03, -0.38, -0.43, -0.4],
  [0.4, 0.02, -0.4, 0.45, 0.01, -0.44, 0.38, -0.02, -0.39],
  [-0.12, -0.51, -0.1, 0.5, 0.04, 0.45, -0.13, -0.47, -0.12],
  [0.48, 0.02, -0.5, 0.01, -0.02, 0.01, -0.5, 0.02, 0.51],
  [-0.4, 0.22, -0.39, 0.2, 0.44, 0.21, -0.41, 0.23, -0.38],
  [0.28, -0.56, 0.29, 0.03, 0.01, -0.02, -0.29, 0.58, -0.29],
  [0.29, 0.02, -0.28, -0.57, -0.01, 0.58, 0.29, 0.01, -0.29],
  [0.15, -0.3, 0.15, -0.31, 0.67, -0.3, 0.16, -0.33, 0.15],
]

const ratios: Record<'all' | 'a' | 'b', readonly number[]> = {
  all: [0.4856, 0.18, 0.1187, 0.0762, 0.0485, 0.0463, 0.0181, 0.0177, 0.0089],
  a: [0.6695, 0.1218, 0.0818, 0.0501, 0.0251, 0.0236, 0.0105, 0.0102, 0.0075],
  b: [0.3922, 0.2102, 0.1379, 0.0899, 0.0606, 0.0562, 0.0221, 0.0214, 0.0096],
}

function basis(group: 'all' | 'a' | 'b', dataset: string | null, models: readonly ReportModel[]): BasisRow {
  const random = generator(group.charCodeAt(0))
  const own = models.filter((m) => (group === 'all' || m.group === group) && (dataset === null || m.dataset === dataset))
  return {
    group,
    dataset,
    models: own.length,
    filters: own.reduce((sum, m) => sum + m.filters - m.sparse_filters, 0),
    mean: patterns[0]!.map(() => 0.04 * bell(random)),
    components: patterns.map((row) => row.map((v) => v + 0.05 * bell(random))),
    explained_variance: ratios[group].map((r) => r * 2.1),
    explained_variance_ratio: ratios[group],
    because: null,
  }
}

function coefficients(group: 'a' | 'b', dataset: string | null, bucket: BucketName | 'all', order: number): CoefficientRow {
  const counts = ratios[group].map((ratio, component) => {
    const width = Math.sqrt(ratio) * (1 + 0.1 * order)
    return Array.from({ length: 70 }, (_, bin) => {
      const x = (-1.9 + (3.8 * (bin + 0.5)) / 70) / width
      const bellShape = 1 / (1 + x * x * x * x)
      const spike = group === 'a' && component === 0 ? 0.8 / (1 + (x - 1.2) * (x - 1.2) * 90) : 0
      return Math.round(90_000 * (bellShape + spike))
    })
  })
  return {
    group,
    dataset,
    bucket,
    filters: counts[0]!.reduce((sum, v) => sum + v, 0),
    counts,
    min: Array(9).fill(-1.9),
    max: Array(9).fill(1.9),
  }
}

function shift(dataset: string | null, order: number, counting: Counting, bucket: BucketName | 'all', index: number): ShiftRow {
  const scale = [0.45, 0.62, 0.174, 0.018][order] ?? 0.1
  const profile = bucket === 'all' ? 1 : index === 1 ? 0.9 : 0.3 + 0.02 * index * index
  return {
    dataset,
    counting,
    bucket,
    filters_a: 200_000,
    filters_b: 300_000,
    shift: scale * profile,
    components: Array.from({ length: 9 }, (_, i) => scale * profile * (1.2 - 0.1 * i)),
    chance: chance(scale * profile, 0.2 * scale),
    because: null,
  }
}

/** Beyond chance where it is more than half as large again as the median. */
function chance(shift: number, median: number): Chance {
  const p = shift > 1.5 * median ? 0.001 : 0.4
  const excess = shift - median
  const interval: [number, number] = [Math.max(0, 0.6 * excess), Math.max(0, 1.3 * excess)]
  return { unit: 'cluster', units: 22, median, high: 1.4 * median, excess, interval, p, p_holm: Math.min(1, 11 * p), family: 11 }
}

function matrix(names: readonly string[]): GroupReport['matrices'][number] {
  const values = names.flatMap((name) => [`${name} normal`, `${name} robust`])
  const random = generator(3)
  const shifts: number[][] = values.map(() => values.map(() => 0))
  for (let i = 0; i < values.length; i++)
    for (let j = 0; j < i; j++) shifts[i]![j] = shifts[j]![i] = 0.02 + 0.6 * random() * random()
  const level = shifts.map((row, i) => row.map((value, j) => (i === j ? null : chance(value, 0.1))))
  return {
    column: 'group and data set',
    values,
    models: values.map(() => 20),
    filters: values.map(() => 1e6),
    shift: shifts,
    chance: level,
  }
}

function correlations(names: readonly string[]): CorrelationRow[] {
  return metricNames.flatMap((metric, m) =>
    (['clean_accuracy', 'robust_accuracy'] as const).flatMap((against) =>
      (['all', 'a', 'b'] as const).flatMap((group) => [
        {
          metric,
          against,
          group,
          by: 'all' as const,
          value: null,
          n: 66,
          rho: -0.31 + 0.3 * m,
          p: [0.011, 0.93, 0.02][m]!,
          p_exact: null,
          because: null,
        },
        ...names.map((value, i) => ({
          metric,
          against,
          group,
          by: 'dataset' as const,
          value,
          n: [44, 17, 5][i] ?? 3,
          rho: -0.4 + 0.35 * m,
          p: 0.04 * (i + 1),
          p_exact: null,
          because: null,
        })),
      ]),
    ),
  )
}

/** Layer and model rows of the models of a report (without moments: figures do not need them). */
export function syntheticAnalysis(names: readonly string[] = ['resnet18_normal', 'resnet18_robust'], layers = 17): Analysis {
  const rows: LayerRow[] = []
  const models: ModelRow[] = []
  names.forEach((model, m) => {
    const random = generator(m + 11)
    const own: LayerRow[] = []
    for (let i = 0; i < layers; i++) {
      const depth = layers > 1 ? i / (layers - 1) : 0
      const robust = m % 2 === 1
      const out = 64 * (1 + Math.floor(depth * 3.99))
      const filters = i === 0 ? 3 * 64 : out * out
      const entropy = levels.variance_entropy(depth, robust, 0) + 0.02 * bell(random)
      const random_level = 0.951 - 3 / (filters + 20)
      const row = {
        model,
        layer: `layer${1 + Math.floor(depth * 3.99)}.${i}.conv.weight`,
        node: null,
        layer_id: i,
        kernel: '3x3',
        depth: 3 * i,
        conv_depth: i,
        conv_depth_norm: layers > 1 ? depth : null,
        in_channels: i === 0 ? 3 : out,
        out_channels: out,
        groups: 1,
        filters,
        ...blankMetrics,
        peak: 0.5,
        sparse_filters: Math.round(filters * levels.sparsity(depth, robust, 0)),
        sparsity: levels.sparsity(depth, robust, 0),
        variance_entropy: entropy,
        variance_entropy_raw: entropy,
        variance_entropy_raw_norm: entropy / random_level,
        variance_entropy_clean: entropy,
        variance_entropy_clean_norm: entropy / random_level,
        orthogonality: i === 5 ? null : levels.orthogonality(depth, robust, 0) + 0.01 * bell(random),
        norm_l1: 100,
        norm_l2: 10,
        norm_l1_standardised: 100,
        norm_l2_standardised: 10,
        undefined_because: i === 5 ? { orthogonality: 'one output channel' } : {},
        scaled: emptyMoments(9),
        raw: emptyMoments(9),
        clean: emptyMoments(9),
      }
      own.push({ ...row, flags: layerFlags(row) })
    }
    rows.push(...own)
    const filters = own.reduce((sum, row) => sum + row.filters, 0)
    const sparse = own.reduce((sum, row) => sum + row.sparse_filters, 0)
    models.push({
      model,
      file: `models/${model}.onnx`,
      bytes: 44_700_000 + m,
      sha256: '89abcdef01234567'.repeat(4),
      format: 'ONNX',
      producer: 'pytorch 1.13',
      opset: 13,
      depth_source: 'graph',
      revision: null,
      layers,
      filters,
      ...blankOverall,
      sparse_filters: sparse,
      sparsity: sparse / filters,
      variance_entropy: own.reduce((sum, row) => sum + row.variance_entropy!, 0) / layers,
      orthogonality: own.reduce((sum, row) => sum + (row.orthogonality ?? 0), 0) / (layers - 1),
      meta: {},
    })
  })
  return { version: '0.0.0', parameters, models, layers: rows, skipped: [], failed: [], warnings: [] }
}

/** Two models, layer by layer. */
export function syntheticComparison(): ModelComparison {
  const { models, layers } = syntheticAnalysis()
  const [a, b] = models as [ModelRow, ModelRow]
  const triple = (x: number | null, y: number | null) => ({ a: x, b: y, difference: x === null || y === null ? null : y - x })
  const both = (x: Record<MetricName, number | null>, y: Record<MetricName, number | null>) =>
    Object.fromEntries(groupedNames.map((name) => [name, triple(x[name], y[name])])) as ModelComparison['metrics']
  const second = layers.filter((row) => row.model === b.model)
  return {
    a: a.model,
    b: b.model,
    matched_by: 'name',
    metrics: both(a, b),
    layers: layers
      .filter((row) => row.model === a.model)
      .map((row, i) => ({
        layer_a: row.layer,
        layer_b: second[i]!.layer,
        name_a: row.layer,
        name_b: second[i]!.layer,
        conv_depth: row.conv_depth,
        conv_depth_norm: row.conv_depth_norm,
        shape_a: `${row.out_channels}×${row.in_channels}×3×3`,
        shape_b: `${row.out_channels}×${row.in_channels}×3×3`,
        filters_a: row.filters,
        filters_b: row.filters,
        metrics: both(row, second[i]!),
        because: null,
      })),
    only_a: [],
    only_b: [],
    warnings: [],
  }
}

/** n filters with structure: a mixture of the patterns above, the first `dead` of them nearly zero. */
export function syntheticFilters(n: number, seed: number, dead = 0): Float32Array {
  const random = generator(seed)
  const values = new Float32Array(9 * n)
  for (let f = 0; f < n; f++) {
    const weights = patterns.map((_, i) => bell(random) / (1 + i / 3))
    for (let t = 0; t < 9; t++) {
      const value = patterns.reduce((sum, pattern, i) => sum + pattern[t]! * weights[i]!, 0)
      values[9 * f + t] = f < dead ? value / 300 : value
    }
  }
  return values
}

/** Four layers at six checkpoints that move away from the first, with an accuracy beside them. */
export function syntheticTrajectory(): TrajectoryData {
  const random = generator(31)
  const { model: _, ...layer } = syntheticAnalysis().layers[0]!
  const rows = Array.from({ length: 24 }, (_, k): TrajectoryRow => {
    const [order, place] = [Math.floor(k / 4), k % 4]
    const far = order === 0 ? null : order * (0.1 + 0.05 * place) + 0.02 * random()
    const change = { least_cosine: null, sign_flips: null, cosine: null, relative_change: far, shift: far, shift_chance: 0.2 }
    const columns = (which: string) =>
      Object.fromEntries(Object.entries(change).map(([name, value]) => [`${which}_${name}`, value]))
    return {
      ...layer,
      ...{ checkpoint: `step=${100 * order}.ckpt`, sha256: null, order, position: 100 * order },
      ...{ layer: `layer${place}.conv.weight`, layer_id: place, conv_depth: place },
      ...columns('first'),
      ...columns('previous'),
    } as unknown as TrajectoryRow
  })
  return { rows, by: 'step', scalars: new Map([['accuracy', [10, 22.5, 31, 40.25, 44, null]]]) }
}
