import type { Input, LazyInput } from '../io/random-access.ts'
import { type CoefficientOptions, type RangedLayer, readCoefficients } from '../measure/coefficients.ts'
import { type StreamedRun, streamed } from '../measure/layer-source.ts'
import type { Analysis } from '../measure/model-row.ts'
import { columnCorrelations } from './column-correlations.ts'
import { DepthSums } from './model-depth.ts'
import { FilterPrints } from './same-filters.ts'
import { ColumnStatistics, type SharedSums, type StudyQuestion } from './study.ts'
import type { StudySums } from './study-sums.ts'
import type { Studies } from './study-types.ts'

/** How the filters are read again. */
export type StudyOptions = Omit<CoefficientOptions, 'models' | 'inRange'>

/** As for `studiesOfRun`, of an analysis in memory. */
export interface StudiesOptions extends StudyQuestion, StudyOptions {
  readonly analysis: Analysis
}

/**
 * Compares the models of a measured run by the values of any columns of their metadata, and correlates metrics with numeric ones.
 * `inputs` are those of the run, in the same order, each readable again.
 * @throws UsageError for a column that is not there or does not serve; InputError when an input cannot be read again
 * @example
 * const inputs = await listInputs(['models/'])
 * const meta = parseMeta('meta.csv', await readFile('models/meta.csv', 'utf8'))
 * const analysis = await analyze(inputs, { meta })
 * const { studies } = await analyzeStudies(inputs, { analysis, groupBy: ['Training-Dataset'] })
 * console.log(studies[0].values)
 */
export async function analyzeStudies(inputs: Iterable<Input | LazyInput>, options: StudiesOptions): Promise<Studies> {
  return studiesOfRun(streamed(options.analysis), [...inputs], options, options)
}

/**
 * The studies of a run by columns of its metadata, and the rank correlations with numeric ones. `inputs` are those of the run, in
 * the same order, each readable again; without them (null) there are no histograms and no shifts.
 * @throws UsageError for a column that is not there or does not serve; InputError when an input cannot be read again
 */
export async function studiesOfRun(
  run: StreamedRun,
  inputs: readonly (Input | LazyInput)[] | null,
  question: StudyQuestion,
  options: StudyOptions = {},
): Promise<Studies> {
  const { statistics, depth, prints } = await columnStatisticsOf(run, question, options.signal)
  const names = question.correlate ?? []
  const studies = []
  for (const one of statistics) studies.push(one.study(inputs && (await sumOf(one, run, inputs, options))))
  return {
    version: run.version,
    parameters: run.parameters,
    studies,
    correlations: names.length > 0 ? columnCorrelations(run.models, names, depth, prints.classes()) : [],
    notes: [],
  }
}

/** The statistics of each column, and those that all share, of a run's layers, all of which have been added. */
export async function columnStatisticsOf(
  run: StreamedRun,
  question: StudyQuestion,
  signal?: AbortSignal,
): Promise<SharedSums & { readonly statistics: readonly ColumnStatistics[] }> {
  const depth = new DepthSums(run.models.length)
  const prints = new FilterPrints(run.models.length)
  const statistics = (question.groupBy ?? []).map(
    (column) => new ColumnStatistics(run, column, question.within, { depth, prints }),
  )
  const indexOf = new Map(run.models.map(({ model }, index) => [model, index]))
  for await (const rows of run.layers.rows()) {
    signal?.throwIfAborted()
    for (const row of rows) {
      const index = indexOf.get(row.model)
      if (index === undefined) continue
      for (const one of statistics) one.add(one.members[index]!, row)
      depth.add({ index }, row)
      prints.add({ index, group: 'a' }, row)
    }
  }
  return { statistics, depth, prints }
}

/** The second pass of a study: coefficients of all models with a value, in their common basis. Null when there is no basis. */
async function sumOf(
  statistics: ColumnStatistics,
  run: StreamedRun,
  inputs: readonly (Input | LazyInput)[],
  options: StudyOptions,
): Promise<StudySums | null> {
  const { kernel, basis, filters } = statistics.basis()
  if (!basis) return null
  const sums = statistics.sums(basis)
  const wanted = {
    models: statistics.pooled(),
    of: (model: string): AsyncIterable<readonly RangedLayer[]> => run.layers.metricsOf(model),
  }
  await readCoefficients({
    inputs,
    analysis: run,
    basis,
    filters,
    options,
    wanted,
    ranging: wanted,
    onRange: () => undefined,
    onCommonRange: (range) => void (sums.range = range),
    onCounts: (row, counts) => row.kernel === kernel && sums.addCounts(statistics.member(row.model)!, counts),
  })
  return sums
}
