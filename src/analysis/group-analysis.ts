import { UsageError } from '../errors.ts'
import type { Analysis } from '../measure/model-row.ts'
import { sharedInstance } from '../wasm/module.ts'
import { basesOf, commonKernel } from './bases.ts'
import { type BootstrapOptions, bootstrapDefaults, bootstrapMeans } from './bootstrap.ts'
import { type Coefficients, coefficientBins } from './coefficients.ts'
import { comparePairs, matchPairs, pairRow } from './comparisons.ts'
import { correlationsOf } from './correlations.ts'
import { distributionsOf } from './distributions.ts'
import { coefficientRows, groupHistograms, groupShifts, pairShifts } from './group-shift.ts'
import { histogramsOf } from './member-histograms.ts'
import { assignMembers, type GroupChoice, type Member, metaValue } from './members.ts'
import { depthRows, type MeasuredMember, measureMember, pooledDepth } from './model-depth.ts'
import type { Pair } from './pairs.ts'
import type { GroupInfo, GroupReport, Methods, ReportModel, ShiftMatrix } from './report-types.ts'
import { sameFilters } from './same-filters.ts'
import { shiftMatrix } from './shift-matrix.ts'

/** A shift matrix of more values than this is not made unless it is asked for. */
const largestMatrix = 24

/** What the analysis of two groups works on. */
export interface GroupInput {
  readonly analysis: Analysis
  /** Matched with the models (`joinPairs`); default none. */
  readonly pairs?: readonly Pair[]
  /** The groups by name; default: the metadata column Robust, else the sides of the pairs. */
  readonly groups?: GroupChoice
  /** Of the second pass, made for the same models; default none: the report then has no shifts. */
  readonly coefficients?: Coefficients | null
  /** Metadata columns to make a shift matrix of, besides group and data set and architecture. */
  readonly columns?: readonly string[]
  readonly bootstrap?: BootstrapOptions
}

/**
 * The whole analysis of two groups of models from their layer rows: a second's work at most for thousands of layers.
 * The same input gives the same bits in every engine.
 * @throws InputError, UsageError see `assignMembers`; UsageError for a column that no model has
 */
export function groupAnalysis({
  analysis,
  pairs = [],
  groups,
  coefficients = null,
  columns = [],
  bootstrap = {},
}: GroupInput): GroupReport {
  const { math } = sharedInstance()
  const membership = assignMembers(analysis, pairs, groups)
  const members = membership.members.map(measureMember)
  const compared = members.filter(({ group }) => group !== null)
  const pool = members.filter(({ pooled }) => pooled)
  const { kernel, warnings } = commonKernel(pool.flatMap(({ layers }) => layers))
  // The order of the table of pairs, where there is one: models come in that of their names.
  const datasets = distinct([...pairs.map(({ dataset }) => dataset), ...compared.map(({ dataset }) => dataset)]).filter((name) =>
    compared.some(({ dataset }) => dataset === name),
  )
  const architectures = distinct(compared.map(({ architecture }) => architecture))
  const dataScopes = [null, ...datasets]
  const matched = matchPairs(pairs, members)
  const settings = { ...bootstrapDefaults, ...bootstrap }

  const histograms = coefficients && histogramsOf(members, coefficients, kernel)
  const grouped =
    coefficients && histograms ? groupHistograms(histograms, matched, dataScopes, coefficients.basis.mean.length) : []
  const pairShift = coefficients && histograms ? pairShifts(matched, histograms, coefficients, math) : matched.map(() => null)
  const columnOf = (column: string): ((member: Member) => string | null) => {
    if (!compared.some(({ row }) => metaValue(row.meta, [column]) !== null))
      throw new UsageError(`no compared model has a value in the metadata column "${column}"`)
    return ({ row }) => {
      const value = metaValue(row.meta, [column])
      return value === null ? null : String(value)
    }
  }
  const matrices: ShiftMatrix[] = []
  const asked = columns.map((column) => [column, columnOf(column)] as const)
  if (coefficients && histograms) {
    const make = (column: string, labelOf: (member: Member) => string | null): ShiftMatrix =>
      shiftMatrix(column, labelOf, histograms, coefficients, math)
    const name = (member: Member): string => membership.names[member.group ?? 'a']
    const usual = [
      make(datasets.length > 0 ? 'group and data set' : 'group', (member) =>
        member.dataset === null ? name(member) : `${member.dataset} ${name(member)}`,
      ),
      make('architecture', ({ architecture }) => architecture),
    ]
    for (const matrix of usual) if (matrix.values.length > 1 && matrix.values.length <= largestMatrix) matrices.push(matrix)
    for (const [column, labelOf] of asked) matrices.push(make(column, labelOf))
  }

  return {
    version: analysis.version,
    parameters: analysis.parameters,
    methods: methodsOf(settings),
    groups: {
      a: groupInfo(
        membership.names.a,
        members.filter(({ group }) => group === 'a'),
      ),
      b: groupInfo(
        membership.names.b,
        members.filter(({ group }) => group === 'b'),
      ),
    },
    datasets,
    architectures,
    models: members.map(reportModel),
    pairs: matched.map((pair, k) => pairRow(pair, pairShift[k]!)),
    comparisons: comparePairs(matched, dataScopes, bootstrapMeans(settings), math),
    distributions: distributionsOf(members, dataScopes),
    depth: depthRows(members),
    pooled_depth: pooledDepth(members, dataScopes),
    bases: basesOf(members, dataScopes, kernel),
    coefficients: coefficients && {
      range: coefficients.range,
      bins: coefficientBins,
      basis_models: pool.length,
      groups: coefficientRows(grouped),
    },
    shift: coefficients ? groupShifts(grouped, coefficients, math) : [],
    matrices,
    correlations: correlationsOf(members, datasets, architectures),
    warnings: [...membership.warnings, ...sameFilters(compared), ...warnings],
  }
}

const distinct = (values: readonly (string | null)[]): string[] => [...new Set(values)].filter((value) => value !== null)

function groupInfo(name: string, members: readonly MeasuredMember[]): GroupInfo {
  const sum = (field: 'layers' | 'filters' | 'sparse_filters'): number =>
    members.reduce((total, { overall }) => total + overall[field], 0)
  const filters = sum('filters')
  const sparse_filters = sum('sparse_filters')
  return {
    name,
    models: members.length,
    layers: sum('layers'),
    filters,
    sparse_filters,
    sparsity: filters > 0 ? sparse_filters / filters : null,
  }
}

function reportModel({
  row,
  group,
  dataset,
  architecture,
  clean_accuracy,
  robust_accuracy,
  overall,
}: MeasuredMember): ReportModel {
  return { model: row.model, group, dataset, architecture, clean_accuracy, robust_accuracy, ...overall, meta: row.meta }
}

function methodsOf({ seed, resamples, level }: Required<BootstrapOptions>): Methods {
  return {
    test: 'Wilcoxon signed-rank test of paired differences, two-sided; zero differences dropped; exact for up to 50 differences without ties or zeros, else the normal approximation with corrections for ties and continuity',
    effect: 'matched-pairs rank-biserial correlation',
    interval: `percentile bootstrap of the mean difference, ${resamples} resamples, seed ${seed}`,
    correction:
      "Holm's method, over the depth buckets of a metric, and over the metrics of its kind (the paper's three; the shape of the filters) where all layers are taken together",
    correlation:
      "Spearman's rank correlation, average ranks for ties; p by Student's t with n - 2 degrees of freedom, exact over all orders for up to 8 models",
    shift: `symmetric Kullback-Leibler divergence of coefficient histograms (${coefficientBins} bins over one common range, natural logarithm), weighted by the explained variance ratio of the common basis`,
    seed,
    resamples,
    level,
  }
}
