import { UsageError } from '../errors.ts'
import { tapsOf } from '../measure/kernel-size.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import type { Analysis, ModelRow } from '../measure/model-row.ts'
import { type PrincipalComponents, principalComponents, whyNoBasis } from '../shift/principal-components.ts'
import type { Transcendental } from '../shift/transcendental.ts'
import { sharedInstance } from '../wasm/module.ts'
import { type Moments, MomentsSum } from '../wasm/moments.ts'
import { KernelCounts } from './bases.ts'
import { basisParts, withoutBasis } from './basis-parts.ts'
import { boxOf } from './distributions.ts'
import { kruskalWallis } from './kruskal-wallis.ts'
import { mannWhitney } from './mann-whitney.ts'
import { knownColumns } from './members.ts'
import { isMissing, labelsOf, type MetaColumn, metaColumn, requireColumn, requireLabels } from './meta-column.ts'
import { correctedByFamily } from './metric-families.ts'
import { type DepthSums, type MeasuredMember, scopes, sizesOf, valueIn } from './model-depth.ts'
import { groupedNames } from './report-names.ts'
import type { FilterPrints } from './same-filters.ts'
import { MOST_PAIRWISE, pairwiseOf } from './study-pairwise.ts'
import { StudySums } from './study-sums.ts'
import type { ColumnStudy, StudyBasis, StudyDistribution, StudyTest, StudyValue } from './study-types.ts'

/** What models are asked about. */
export interface StudyQuestion {
  /** Columns by whose values models are told apart; a study for each. */
  readonly groupBy?: readonly string[] | undefined
  /** The column within whose values models are compared; default: the data set, where the models have one. */
  readonly within?: string | undefined
  /** Numeric columns that metrics are correlated with. */
  readonly correlate?: readonly string[] | undefined
}

/** True when nothing is asked. */
export function isEmptyQuestion({ groupBy = [], correlate = [] }: StudyQuestion): boolean {
  return groupBy.length + correlate.length === 0
}

/** What all studies of a run ask of its models, whatever the column: summed once, by who passes the layers on. */
export interface SharedSums {
  readonly depth: DepthSums
  readonly prints: FilterPrints
}

/** A column of more values than this is an id, not a kind. */
const MOST_VALUES = 500

/**
 * The models by the values of one column, while the layers of a run come one after the other: sizes, metrics, tests, bases; and
 * from a second pass over the filters histograms and shifts. Models without a value are left out.
 */
export class ColumnStatistics {
  readonly members: readonly MeasuredMember[]
  readonly #column: MetaColumn
  readonly #within: MetaColumn | undefined
  readonly #values: readonly string[]
  readonly #strata: readonly string[]
  readonly #kernels = new KernelCounts()
  readonly #prints: FilterPrints
  /** Of each model the number of its value; none: -1. */
  readonly #places: Int32Array
  /** By kernel size: of each value, then of all. */
  readonly #moments = new Map<string, readonly MomentsSum[]>()
  readonly #byName: ReadonlyMap<string, MeasuredMember>

  /** @throws UsageError for a column that no model has, or whose values are all the same, or as many as an id has */
  constructor({ models }: Pick<Analysis, 'models'>, column: string, within: string | undefined, { depth, prints }: SharedSums) {
    const told = requireLabels(models, column)
    this.#column = told.column
    this.#values = told.labels
    if (this.#values.length > MOST_VALUES)
      throw new UsageError(
        `--group-by ${column}: the column "${this.#column.name}" has ${this.#values.length} values, more than ${MOST_VALUES}; it names models, not kinds`,
      )
    const usual = metaColumn(models, knownColumns.dataset[0]!) ?? metaColumn(models, 'data set')
    this.#within = within === undefined ? usual : requireColumn(models, 'within', within)
    if (this.#within?.name === this.#column.name) this.#within = undefined
    this.#strata = this.#within ? labelsOf(models, this.#within) : []
    this.#prints = prints
    const numbers = new Map(this.#values.map((value, k) => [value, k]))
    this.#places = Int32Array.from(models, (row) => numbers.get(this.#valueOf(row) ?? '') ?? -1)
    this.members = models.map((row, index): MeasuredMember => {
      const hasValue = this.#places[index]! >= 0
      const stratum = this.#within?.of(row) ?? null
      return {
        index,
        row,
        // one group of all that have a value: what sums over a group is then over those
        group: hasValue ? 'a' : null,
        pooled: hasValue,
        dataset: isMissing(stratum) ? null : String(stratum),
        architecture: null,
        clean_accuracy: null,
        robust_accuracy: null,
        depth,
      }
    })
    this.#byName = new Map(this.members.map((member) => [member.row.model, member]))
  }

  member(name: string): MeasuredMember | undefined {
    return this.#byName.get(name)
  }

  /** Names of the models that have a value. */
  pooled(): string[] {
    return this.members.filter(({ pooled }) => pooled).map(({ row }) => row.model)
  }

  #valueOf(row: Pick<ModelRow, 'meta'>): string | null {
    const value = this.#column.of(row)
    return isMissing(value) ? null : String(value)
  }

  add(member: MeasuredMember, row: LayerRow): void {
    this.#kernels.add(member, row)
    if (!member.pooled) return
    let sums = this.#moments.get(row.kernel)
    if (!sums) this.#moments.set(row.kernel, (sums = Array.from({ length: this.#values.length + 1 }, () => new MomentsSum())))
    sums[this.#places[member.index]!]!.add(row.scaled)
    sums.at(-1)!.add(row.scaled)
  }

  #momentsOf(kernel: string, place: number): Moments {
    return this.#moments.get(kernel)!.at(place)!.total(tapsOf(kernel))
  }

  /** When all layers have been added: kernel size and basis of the second pass, null where there is none, and the filters to be read. */
  basis(): { readonly kernel: string | null; readonly basis: PrincipalComponents | null; readonly filters: number } {
    const { kernel } = this.#kernels.common()
    const moments = kernel === null ? undefined : this.#momentsOf(kernel, -1)
    const basis = moments && whyNoBasis(moments) === null ? principalComponents(moments) : null
    return { kernel, basis, filters: 2 * this.#kernels.filtersOf(kernel) }
  }

  /** Sums for the coefficients, when all layers have been added. */
  sums(basis: PrincipalComponents): StudySums {
    return new StudySums(
      {
        members: this.members,
        column: this.#column.name,
        values: this.#values,
        places: this.#places,
        classes: this.#prints.classes(),
      },
      basis,
    )
  }

  /** When all layers have been added, and all coefficients where there are any. */
  study(sums: StudySums | null): ColumnStudy {
    const instance = sharedInstance()
    const { math } = instance
    const { kernel, warnings } = this.#kernels.common()
    const column = this.#column.name
    const classes = this.#prints.classes()
    const inStratum = (stratum: string | null): MeasuredMember[][] => {
      const sides = this.#values.map((): MeasuredMember[] => [])
      for (const member of this.members)
        if (stratum === null || member.dataset === stratum) sides[this.#places[member.index]!]?.push(member)
      return sides
    }
    const strata = [null, ...this.#strata]
    const without = this.members.filter(({ pooled }) => !pooled).length
    return {
      column,
      within: this.#within?.name ?? null,
      strata: this.#strata,
      values: inStratum(null).map((models, k) => this.#sizes(this.#values[k]!, models, classes)),
      distributions: strata.flatMap((stratum) => {
        const sides = inStratum(stratum)
        return groupedNames.flatMap((metric) =>
          scopes.flatMap(([key, bucket]) =>
            sides.flatMap((models, k): StudyDistribution[] => {
              if (models.length === 0) return []
              const values = models.map((member) => valueIn(member, key, metric)).filter((value) => value !== null)
              return [{ column, metric, bucket, stratum, value: this.#values[k]!, ...boxOf(values, models.length) }]
            }),
          ),
        )
      }),
      tests: strata.flatMap((stratum) => {
        const sides = inStratum(stratum).map((models) => distinctNetworks(models, classes))
        return testsOf(column, stratum, sides, math)
      }),
      pairwise: strata.flatMap((stratum) => {
        const sides = inStratum(stratum).map((models) => distinctNetworks(models, classes))
        return pairwiseOf(column, stratum, this.#values, sides, math)
      }),
      bases: [null, ...this.#values].map((value, k) => this.#basisRow(kernel, value, k - 1)),
      coefficients: sums?.histograms() ?? null,
      matrix: sums?.matrix(instance) ?? null,
      warnings: [
        ...(without > 0 ? [`${without} of ${this.members.length} models have no value in "${column}" and are left out`] : []),
        ...(this.#values.length > MOST_PAIRWISE
          ? [`more than ${MOST_PAIRWISE} values are not compared two by two; ${this.#values.length} are there`]
          : []),
        ...warnings,
      ],
    }
  }

  #sizes(value: string, models: readonly MeasuredMember[], classes: Uint32Array): StudyValue {
    return {
      column: this.#column.name,
      value,
      models: models.length,
      networks: distinctNetworks(models, classes).length,
      ...sizesOf(models),
    }
  }

  /** `place`: -1 for all of them. */
  #basisRow(kernel: string | null, value: string | null, place: number): StudyBasis {
    const models = this.members.filter((member) => member.pooled && (place < 0 || this.#places[member.index] === place)).length
    const moments = kernel === null ? null : this.#momentsOf(kernel, place)
    return {
      column: this.#column.name,
      value,
      models,
      filters: moments?.count ?? 0,
      ...(moments ? basisParts(moments) : withoutBasis('there is no layer')),
    }
  }
}

/** Of models with the same filters the first: they are one observation. */
function distinctNetworks(models: readonly MeasuredMember[], classes: Uint32Array): MeasuredMember[] {
  const seen = new Set<number>()
  return models.filter(({ index }) => {
    const known = seen.has(classes[index]!)
    seen.add(classes[index]!)
    return !known
  })
}

/** Every metric, overall and by depth bucket, over the values that have models there; p corrected by Holm. */
function testsOf(
  column: string,
  stratum: string | null,
  sides: readonly (readonly MeasuredMember[])[],
  math: Transcendental,
): StudyTest[] {
  const rows = groupedNames.flatMap((metric) =>
    scopes.map(([key, bucket]) => {
      const groups = sides
        .map((models) => models.map((member) => valueIn(member, key, metric)).filter((value) => value !== null))
        .filter(({ length }) => length > 0)
      const row = { column, metric, bucket, stratum, values: groups.length, n: groups.flat().length }
      if (groups.length < 2) return { ...row, ...untested, because: 'fewer than two values have a model here' }
      const found = groups.length === 2 ? mannWhitney(groups[0]!, groups[1]!, math) : kruskalWallis(groups, math)
      if ('because' in found) return { ...row, ...untested, because: found.because }
      const { test, statistic, p, effect, method } = found
      return { ...row, test, statistic, p, effect, method, because: null }
    }),
  )
  const corrected = correctedByFamily(rows)
  return rows.map((row, k) => ({ ...row, ...corrected[k]! }))
}

const untested = { test: null, statistic: null, p: null, effect: null, method: null } as const
