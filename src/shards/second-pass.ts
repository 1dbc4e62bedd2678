import { statisticsOfRun } from '../analysis/analyze-groups.ts'
import type { Pair } from '../analysis/pairs.ts'
import { columnStatisticsOf } from '../analysis/studies-of-run.ts'
import { isEmptyQuestion, type StudyQuestion } from '../analysis/study.ts'
import { InputError } from '../errors.ts'
import type { Folder } from '../io/random-access.ts'
import type { StreamedRun } from '../measure/layer-source.ts'
import { groupQuestionOf } from '../results/extend-run.ts'
import type { FilterBasis } from '../wasm/projections.ts'
import { type OpenPlan, sha256OfBytes } from './plan.ts'
import { type PassName, passes, planPaths } from './plan-paths.ts'

/** Whose coefficients are to be read, and in which basis: of the two groups, or of a study. */
export interface PlannedPass {
  /** "groups", or the column of the study. */
  readonly of: string
  readonly basis: FilterBasis
  /** Models whose coefficients are counted. */
  readonly wanted: readonly string[]
  /** Models whose coefficients make the common range. */
  readonly ranging: readonly string[]
}

/** What is asked of a run beyond its tables. */
export interface RunQuestion {
  readonly pairs?: readonly Pair[] | undefined
  readonly question?: StudyQuestion | undefined
}

/** The second passes of a run, in the order in which `extendRun` reads them; none where nothing asks for the filters again. */
export async function secondPassesOf(
  run: StreamedRun,
  { pairs, question = {} }: RunQuestion,
  signal?: AbortSignal,
): Promise<PlannedPass[]> {
  const found: PlannedPass[] = []
  const asked = groupQuestionOf(run.models, { pairs, question })
  if (asked) {
    const statistics = await statisticsOfRun(run, { ...asked, ...(signal && { signal }) })
    const { basis } = statistics.basis()
    if (basis) found.push({ of: 'groups', basis, wanted: statistics.pooled(), ranging: statistics.inRange() })
  }
  if (isEmptyQuestion(question)) return found
  const { statistics } = await columnStatisticsOf(run, question, signal)
  for (const [k, one] of statistics.entries()) {
    const { basis } = one.basis()
    const models = one.pooled()
    if (basis) found.push({ of: question.groupBy![k]!, basis, wanted: models, ranging: models })
  }
  return found
}

/** What was settled between the passes, and what tells it from all else. */
export interface Settled<T> {
  readonly value: T
  /** Of what the parts of the next pass are. */
  readonly hash: string
}

/** Common ranges of the second passes; null where there is no filter. */
export type CommonRanges = readonly (readonly [low: number, high: number] | null)[]

/** Doubles as JSON that gives every bit back. */
function exact(_: string, value: unknown): unknown {
  if (value instanceof Float64Array) return Array.from(value, (x) => (Object.is(x, -0) ? '-0' : x))
  return Object.is(value, -0) ? '-0' : value
}

/** The text of basis.json, or of range.json. `of`: hash of what it was made from. */
export function settledText(of: string, value: readonly unknown[]): string {
  return `${JSON.stringify({ of, value }, exact)}\n`
}

/** The second passes that were settled for a plan; undefined when they were not. @throws InputError when the file is damaged */
export async function readPasses(plan: OpenPlan): Promise<Settled<readonly PlannedPass[]> | undefined> {
  const found = await readSettled(plan, planPaths.basis, plan.hash)
  if (!found) return undefined
  const value = (found.value as (Omit<PlannedPass, 'basis'> & { basis: Record<keyof FilterBasis, (number | string)[]> })[]).map(
    ({ basis: { mean, components }, ...pass }) => ({
      ...pass,
      basis: { mean: Float64Array.from(mean, Number), components: Float64Array.from(components, Number) },
    }),
  )
  return { value, hash: found.hash }
}

/** The common ranges that were settled after the pass `ranges`; undefined when they were not. */
export async function readRanges(plan: OpenPlan, basis: Settled<unknown>): Promise<Settled<CommonRanges> | undefined> {
  const found = await readSettled(plan, planPaths.range, basis.hash)
  if (!found) return undefined
  const value = (found.value as ((number | string)[] | null)[]).map(
    (range) => range && ([Number(range[0]), Number(range[1])] as const),
  )
  return { value, hash: found.hash }
}

async function readSettled({ folder, name }: OpenPlan, path: string, of: string): Promise<Settled<unknown> | undefined> {
  const bytes = await bytesOf(folder, path)
  if (!bytes) return undefined
  let found: { of?: unknown; value?: unknown }
  try {
    found = JSON.parse(new TextDecoder().decode(bytes)) as typeof found
  } catch (error) {
    throw new InputError(`${name}/${path}`, 'is no JSON; delete it and run filterlens merge --basis again', { cause: error })
  }
  if (found.of !== of || !Array.isArray(found.value))
    throw new InputError(
      `${name}/${path}`,
      'is of another plan, or of other bases; delete it and run filterlens merge --basis again',
    )
  return { value: found.value, hash: await sha256OfBytes(bytes) }
}

async function bytesOf(folder: Folder, path: string): Promise<Uint8Array | undefined> {
  const access = await folder.open(path)
  if (!access) return undefined
  try {
    return await access.read(0, access.byteLength)
  } finally {
    await access.close?.()
  }
}

/** The passes that a plan has: known from its question, and surely when its bases are settled. */
export function neededPasses(
  { plan }: Pick<OpenPlan, 'plan'>,
  basis?: Settled<readonly PlannedPass[]> | undefined,
): readonly PassName[] {
  return basis ? (basis.value.length > 0 ? passes : passes.slice(0, 1)) : plan.passes
}
