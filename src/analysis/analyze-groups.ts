import type { Input, LazyInput } from '../io/random-access.ts'
import { type CoefficientOptions, measureCoefficients, type RangedLayer, readCoefficients } from '../measure/coefficients.ts'
import { type StreamedRun, streamed } from '../measure/layer-source.ts'
import type { CoefficientSums } from './coefficient-sums.ts'
import type { Coefficients } from './coefficients.ts'
import { bucketIndex } from './depth.ts'
import { type GroupInput, type GroupQuestion, GroupStatistics } from './group-analysis.ts'
import type { MeasuredMember } from './model-depth.ts'
import type { GroupReport } from './report-types.ts'

/** As for `groupAnalysis`, without the coefficients: these are measured here. */
export interface GroupsOptions extends Omit<GroupInput, 'coefficients'>, Omit<CoefficientOptions, 'models' | 'inRange'> {}

/**
 * The whole analysis of two groups of a measured run: the basis of all compared models, the second pass over their filters, and
 * all tables. A difference is b - a: group `a` is the reference. `inputs` are those of the run, in the same order, each
 * readable again.
 * @throws InputError, UsageError as `groupAnalysis` and `measureCoefficients`
 * @example
 * const inputs = await listInputs(['models/*cifar10*.onnx'])
 * const analysis = await analyze(inputs)
 * const named = (word) => analysis.models.map(({ model }) => model).filter((model) => model.includes(word))
 * const groups = { a: { name: 'normal', models: named('normal') }, b: { name: 'robust', models: named('robust') } }
 * const { shift } = await analyzeGroups(inputs, { analysis, groups })
 * console.log(shift.length)
 */
export async function analyzeGroups(inputs: Iterable<Input | LazyInput>, options: GroupsOptions): Promise<GroupReport> {
  return groupsOfRun(streamed(options.analysis), [...inputs], options)
}

/** The question, and how the filters are read again. */
export type RunGroupsOptions = GroupQuestion &
  Omit<CoefficientOptions, 'models' | 'inRange'> & {
    /** Runs what computes for long without a pause; default: at once. */
    readonly occupied?: <T>(work: () => T | Promise<T>) => Promise<T>
  }

/** The same of a run whose layers are read when they are needed; without inputs (null) without coefficients and shifts. */
export async function groupsOfRun(
  run: StreamedRun,
  inputs: readonly (Input | LazyInput)[] | null,
  options: RunGroupsOptions = {},
): Promise<GroupReport> {
  const { occupied = async (work) => work(), ...passOptions } = options
  const statistics = await statisticsOfRun(run, options)
  const sums = inputs && (await sumCoefficients(statistics, run, inputs, passOptions))
  return occupied(() => statistics.report(sums))
}

/** The statistics of a run's layers, all of which have been added. */
export async function statisticsOfRun(
  run: StreamedRun,
  options: GroupQuestion & { readonly signal?: AbortSignal },
): Promise<GroupStatistics> {
  const statistics = new GroupStatistics(run, options)
  for await (const rows of run.layers.rows()) {
    options.signal?.throwIfAborted()
    for (const row of rows) {
      const member = statistics.member(row.model)
      if (member) statistics.add(member, row)
    }
  }
  return statistics
}

/** The second pass of two groups: coefficients of all pooled models in their common basis. Null when there is no basis. */
async function sumCoefficients(
  statistics: GroupStatistics,
  run: StreamedRun,
  inputs: readonly (Input | LazyInput)[],
  options: Omit<CoefficientOptions, 'models' | 'inRange'>,
): Promise<CoefficientSums | null> {
  const { kernel, basis, filters } = statistics.basis()
  if (!basis) return null
  const sums = statistics.coefficientSums(basis)
  const of = (model: string): AsyncIterable<readonly RangedLayer[]> => run.layers.metricsOf(model)
  const memberOf = (row: RangedLayer): MeasuredMember => statistics.member(row.model)!
  await readCoefficients({
    inputs,
    analysis: run,
    basis,
    filters,
    options,
    wanted: { models: statistics.pooled(), of },
    ranging: { models: statistics.inRange(), of },
    // Of filters with as many taps in another shape, 1×9, the range holds too.
    // Models in no sum take no notice of it.
    onRange: (row, range) => row.kernel === kernel && sums.addRange(memberOf(row), bucketIndex(row), range),
    onCommonRange: (range) => void (sums.range = range),
    onCounts: (row, counts) => row.kernel === kernel && sums.addCounts(memberOf(row), bucketIndex(row), counts),
  })
  return sums
}

/**
 * The second pass of two groups in memory: coefficients of all pooled models in their common basis. Null when there is
 * no basis.
 */
export async function groupCoefficients(
  inputs: Iterable<Input | LazyInput>,
  options: GroupsOptions,
): Promise<Coefficients | null> {
  const statistics = await statisticsOfRun(streamed(options.analysis), options)
  const { basis } = statistics.basis()
  if (!basis) return null
  const chosen = { ...options, models: new Set(statistics.pooled()), inRange: new Set(statistics.inRange()) }
  return { ...(await measureCoefficients(inputs, options.analysis, basis, chosen)), basis }
}
