import type { Input, LazyInput } from '../io/random-access.ts'
import { type CoefficientOptions, measureCoefficients } from '../measure/coefficients.ts'
import { commonKernel, pooledMoments } from './bases.ts'
import type { Coefficients } from './coefficients.ts'
import { type GroupInput, groupAnalysis } from './group-analysis.ts'
import { assignMembers, type Member } from './members.ts'
import { principalComponents, whyNoBasis } from './principal-components.ts'
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
  const coefficients = await groupCoefficients(inputs, options)
  return groupAnalysis({ ...options, coefficients })
}

/** The second pass of two groups: coefficients of all pooled models in their common basis. Null when there is no basis. */
export async function groupCoefficients(
  inputs: Iterable<Input | LazyInput>,
  options: GroupsOptions,
): Promise<Coefficients | null> {
  const { members } = assignMembers(options.analysis, options.pairs ?? [], options.groups)
  const pool = members.filter(({ pooled }) => pooled)
  const moments = pooledMoments(pool, commonKernel(pool.flatMap(({ layers }) => layers)).kernel)
  if (whyNoBasis(moments) !== null) return null
  const basis = principalComponents(moments)
  const namesOf = (some: readonly Member[]): Set<string> => new Set(some.map(({ row }) => row.model))
  // The notebooks take the range over the whole data set, and of it those that were chosen here.
  const inRange = namesOf(options.groups ? members.filter(({ group }) => group !== null) : members)
  const chosen = { ...options, models: namesOf(pool), inRange }
  return { ...(await measureCoefficients(inputs, options.analysis, basis, chosen)), basis }
}
