import { UsageError } from '../errors.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { layersByModel } from '../measure/layer-source.ts'
import type { Analysis } from '../measure/model-row.ts'
import { scaleOf } from '../shift/level.ts'
import { type PrincipalComponents, principalComponents, whyNoBasis } from '../shift/principal-components.ts'
import { sharedInstance } from '../wasm/module.ts'
import { BasisSums, KernelCounts } from './bases.ts'
import { type BootstrapOptions, bootstrapDefaults, bootstrapIntervals } from './bootstrap.ts'
import { CoefficientSums } from './coefficient-sums.ts'
import { type Coefficients, coefficientBins } from './coefficients.ts'
import { comparePairs, type MatchedPair, matchPairs, pairRow } from './comparisons.ts'
import { correlationsOf } from './correlations.ts'
import { bucketIndex } from './depth.ts'
import { distributionsOf } from './distributions.ts'
import { chanceDraws } from './exchange.ts'
import { coefficientRows, groupShifts } from './group-shift.ts'
import type { LayerStatistic } from './layer-statistic.ts'
import { assignMembers, type GroupChoice, type Member, type Membership, metaValue } from './members.ts'
import { DepthSums, depthRows, type MeasuredMember, PooledDepthSums, sizesOf } from './model-depth.ts'
import { pairDraws } from './pair-shifts.ts'
import type { Pair } from './pairs.ts'
import { bucketNames, type GroupInfo, type GroupReport, type Methods, type ReportModel } from './report-types.ts'
import { manyRows } from './rows-on-demand.ts'
import { FilterPrints } from './same-filters.ts'
import { type Labelled, labelCounts } from './shift-matrix.ts'

/** A shift matrix of more values than this is not made unless it is asked for. */
const largestMatrix = 24

/** What the analysis of two groups is told beside the run. */
export interface GroupQuestion {
  /** Matched with the models (`joinPairs`); default none. */
  readonly pairs?: readonly Pair[]
  /** The groups by name; default: the metadata column Robust, else the sides of the pairs. */
  readonly groups?: GroupChoice
  /** Metadata columns to make a shift matrix of, besides group and data set and architecture. */
  readonly columns?: readonly string[]
  readonly bootstrap?: BootstrapOptions
}

/** What the analysis of two groups works on. */
export interface GroupInput extends GroupQuestion {
  readonly analysis: Analysis
  /** Of the second pass, made for the same models; default none: the report then has no shifts. */
  readonly coefficients?: Coefficients | null
}

/**
 * The whole analysis of two groups of models from their layer rows: a second's work at most for thousands of layers.
 * The same input gives the same bits in every engine.
 * @throws InputError, UsageError see `assignMembers`; UsageError for a column that no model has
 */
export function groupAnalysis({ analysis, coefficients = null, ...question }: GroupInput): GroupReport {
  const statistics = new GroupStatistics(analysis, question)
  const layers = layersByModel(analysis.layers)
  for (const member of statistics.members) for (const row of layers.get(member.row.model) ?? []) statistics.add(member, row)
  return statistics.report(coefficients && statistics.summed(coefficients, layers))
}

/**
 * The analysis of two groups while the layers of a run come one after the other. Every statistic of it takes each layer and
 * keeps no row; a new one is a class of that kind (`LayerStatistic`) in `#statistics`, and what it found goes into the report.
 */
export class GroupStatistics {
  readonly members: readonly MeasuredMember[]
  readonly #run: Pick<Analysis, 'version' | 'parameters'>
  readonly #question: GroupQuestion
  readonly #membership: Omit<Membership, 'members'>
  readonly #byName: ReadonlyMap<string, MeasuredMember>
  readonly #datasets: readonly string[]
  readonly #scopes: readonly (string | null)[]
  readonly #pairs: readonly MatchedPair[]
  readonly #kernels = new KernelCounts()
  readonly #depth: DepthSums
  readonly #pooledDepth: PooledDepthSums
  readonly #bases: BasisSums
  readonly #prints: FilterPrints
  readonly #statistics: readonly LayerStatistic[]

  /** @throws InputError, UsageError see `assignMembers`; UsageError for a column that no model has */
  constructor({ models, version, parameters }: Pick<Analysis, 'models' | 'version' | 'parameters'>, question: GroupQuestion) {
    const { pairs = [], groups } = question
    this.#run = { version, parameters }
    this.#question = question
    const { members, ...membership } = assignMembers(models, pairs, groups)
    this.#membership = membership
    this.#depth = new DepthSums(models.length)
    this.members = members.map((member) => ({ ...member, depth: this.#depth }))
    this.#byName = new Map(this.members.map((member) => [member.row.model, member]))
    const named = new Set(this.#compared().map(({ dataset }) => dataset))
    // The order of the table of pairs, where there is one: models come in that of their names.
    this.#datasets = distinct([...pairs.map(({ dataset }) => dataset), ...named]).filter((name) => named.has(name))
    this.#scopes = [null, ...this.#datasets]
    this.#pairs = matchPairs(pairs, this.members)
    this.#pooledDepth = new PooledDepthSums(this.#scopes)
    this.#bases = new BasisSums(this.#scopes)
    this.#prints = new FilterPrints(models.length)
    this.#statistics = [this.#kernels, this.#depth, this.#pooledDepth, this.#bases, this.#prints]
    this.#askedColumns()
  }

  #settings(): Required<BootstrapOptions> {
    return { ...bootstrapDefaults, ...this.#question.bootstrap }
  }

  #compared(): MeasuredMember[] {
    return this.members.filter(({ group }) => group !== null)
  }

  #pool(): MeasuredMember[] {
    return this.members.filter(({ pooled }) => pooled)
  }

  /** The member of a name; undefined for a name that is no model's. */
  member(name: string): MeasuredMember | undefined {
    return this.#byName.get(name)
  }

  /** Names of the models whose filters are in bases, histograms and shifts. */
  pooled(): string[] {
    return this.#pool().map(({ row }) => row.model)
  }

  /** Names of the models that the common range of coefficients is over: of all as in the notebooks, and of those that were chosen. */
  inRange(): string[] {
    return this.#ranging().map(({ row }) => row.model)
  }

  #ranging(): readonly MeasuredMember[] {
    return this.#question.groups ? this.#compared() : this.members
  }

  add(member: MeasuredMember, row: LayerRow): void {
    for (const statistic of this.#statistics) statistic.add(member, row)
  }

  /** When all layers have been added: the kernel size of bases and shifts, its basis (null without one), and the filters to be read for them. */
  basis(): { readonly kernel: string | null; readonly basis: PrincipalComponents | null; readonly filters: number } {
    const { kernel } = this.#kernels.common()
    const moments = this.#bases.pooled(kernel)
    const basis = whyNoBasis(moments) === null ? principalComponents(moments) : null
    const ranging = this.#ranging().reduce((sum, member) => sum + member.depth.of(member, 'all').filters, 0)
    return { kernel, basis, filters: ranging + this.#kernels.filtersOf(kernel) }
  }

  /** Sums for the coefficients of the pooled models' layers in a basis. */
  coefficientSums(basis: PrincipalComponents): CoefficientSums {
    const usual = this.#usualColumns().filter((labelled) => {
      const { size } = labelCounts(labelled, this.members)
      return size > 1 && size <= largestMatrix
    })
    const columns = [...usual, ...this.#askedColumns()]
    const draw = sharedInstance()
    const { seed } = this.#settings()
    const scopes = {
      members: this.members,
      pairs: this.#pairs,
      datasets: this.#scopes,
      columns,
      classes: this.#prints.classes(),
      seed,
    }
    return new CoefficientSums(scopes, basis, draw.math, draw)
  }

  /** The sums of coefficients that are in memory. @throws RangeError when a layer was not in their pass */
  summed(coefficients: Coefficients, layers: ReadonlyMap<string, readonly LayerRow[]>): CoefficientSums {
    const sums = this.coefficientSums(coefficients.basis)
    const { kernel } = this.#kernels.common()
    const byLayer = new Map(coefficients.layers.map((layer) => [`${layer.layer_id}/${layer.model}`, layer]))
    sums.range = coefficients.range
    for (const member of this.#pool())
      for (const layer of layers.get(member.row.model) ?? []) {
        if (layer.kernel !== kernel) continue
        const found = byLayer.get(`${layer.layer_id}/${layer.model}`)
        if (!found)
          throw new RangeError(
            `layer ${layer.layer} of model ${layer.model} has no coefficients: the pass was made for other models`,
          )
        sums.addRange(member, bucketIndex(layer), found)
        sums.addCounts(member, bucketIndex(layer), found)
      }
    return sums
  }

  #usualColumns(): Labelled[] {
    const name = (member: Member): string => this.#membership.names[member.group ?? 'a']
    return [
      {
        column: this.#datasets.length > 0 ? 'group and data set' : 'group',
        labelOf: (member) => (member.dataset === null ? name(member) : `${member.dataset} ${name(member)}`),
        order: this.#datasets.flatMap((dataset) => Object.values(this.#membership.names).map((group) => `${dataset} ${group}`)),
      },
      { column: 'architecture', labelOf: ({ architecture }) => architecture },
    ]
  }

  #askedColumns(): Labelled[] {
    return (this.#question.columns ?? []).map((column) => {
      const labelOf = ({ row }: Member): string | null => {
        const value = metaValue(row.meta, [column])
        return value === null ? null : String(value)
      }
      if (!this.#compared().some((member) => labelOf(member) !== null))
        throw new UsageError(`no compared model has a value in the metadata column "${column}"`)
      return { column, labelOf }
    })
  }

  /** The report, when all layers have been added, and all coefficients where there are any. */
  report(coefficients: CoefficientSums | null): GroupReport {
    const draw = sharedInstance()
    const { math } = draw
    const members = this.members
    const compared = this.#compared()
    const pairs = this.#pairs
    const { kernel, warnings } = this.#kernels.common()
    const { names } = this.#membership
    const settings = this.#settings()
    const grouped = coefficients?.groups() ?? []
    const shifts = coefficients?.pairShifts() ?? []
    const architectures = distinct(compared.map(({ architecture }) => architecture))
    return {
      ...this.#run,
      methods: methodsOf(settings),
      groups: { a: groupInfo(names.a, 'a', members), b: groupInfo(names.b, 'b', members) },
      datasets: this.#datasets,
      architectures,
      models: manyRows(members.length, (k) => reportModel(members[k]!)),
      pairs: manyRows(pairs.length, (k) => pairRow(pairs[k]!, shifts[k] ?? { shift: null, chance: null })),
      comparisons: comparePairs(
        pairs,
        this.#scopes,
        this.#prints.classes(),
        (lists) => bootstrapIntervals(lists, settings),
        math,
      ),
      distributions: distributionsOf(members, this.#scopes),
      depth: depthRows(members),
      pooled_depth: this.#pooledDepth.rows(members),
      bases: this.#bases.rows(members, kernel),
      coefficients: coefficients && {
        range: [...coefficients.range],
        bins: coefficientBins,
        basis_models: this.#pool().length,
        groups: coefficientRows(grouped),
      },
      shift: coefficients
        ? groupShifts(grouped, coefficients, math, ({ bucket, ...scope }, shift) =>
            coefficients.chance.of(
              { ...scope, shift, bucket: bucket === 'all' ? bucket : bucketNames.indexOf(bucket) },
              scaleOf(coefficients.basis.explainedVarianceRatio, coefficients.range),
              draw,
            ),
          )
        : [],
      matrices: coefficients?.matrices.matrices(coefficients, math, draw) ?? [],
      correlations: correlationsOf(members, this.#datasets, architectures, this.#prints.classes()),
      warnings: [...this.#membership.warnings, ...this.#prints.sentences(compared), ...warnings],
    }
  }
}

const distinct = (values: readonly (string | null)[]): string[] => [...new Set(values)].filter((value) => value !== null)

function groupInfo(name: string, side: 'a' | 'b', all: readonly MeasuredMember[]): GroupInfo {
  const members = all.filter(({ group }) => group === side)
  return { name, models: members.length, ...sizesOf(members) }
}

function reportModel(member: MeasuredMember): ReportModel {
  const { row, group, dataset, architecture, clean_accuracy, robust_accuracy } = member
  const overall = member.depth.of(member, 'all')
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
    chance: `${chanceDraws} draws with seed ${seed} of what D is when the sides mean nothing: clusters of pairs that share a model are swapped; without pairs labels of models are permuted within their data set; models with the same filters are one. For two single models the filters of both are dealt out anew, component by component (${pairDraws} draws a pair). p: (1 + draws at or above D) / (1 + draws); interval of the excess D − median: pivotal bootstrap over clusters or models, ${chanceDraws} resamples`,
    seed,
    resamples,
    level,
  }
}
