import type { RunPlan } from './plan.ts'
import { type PassName, passes } from './plan-paths.ts'

/** A shard that somebody is at work on. */
export interface RunningShard {
  readonly shard: number
  /** Empty where its lock does not say. */
  readonly host: string
  /** What share of its work is done, 0 to 1, and when this attempt began (ISO 8601); null before it says. */
  readonly share: number | null
  readonly since: string | null
  readonly model: string | null
}

/** A shard whose last attempt failed. */
export interface FailedShard {
  readonly shard: number
  readonly problem: string
  /** ISO 8601; empty where it does not say. */
  readonly when: string
  readonly host: string
}

/** What lies in a plan's folder of one pass. */
export interface PassFiles {
  readonly parts: ReadonlySet<number>
  readonly journals: ReadonlySet<number>
  readonly running: readonly RunningShard[]
  readonly failed: readonly FailedShard[]
  /** Nanoseconds of planned work in a second of a shard, from parts that are finished; undefined before there is one. */
  readonly rate: number | undefined
}

/** What lies in a plan's folder. */
export interface PlanFiles {
  readonly passes: ReadonlyMap<PassName, PassFiles>
  readonly hasBasis: boolean
  readonly hasRange: boolean
}

/** How far one pass is. Each shard is in one of `done`, `running`, `failed`, `stopped` and `waiting`. */
export interface PassState {
  readonly pass: PassName
  readonly done: readonly number[]
  readonly running: readonly RunningShard[]
  readonly failed: readonly FailedShard[]
  /** Begun, not finished, and nobody is at work on them: they go on where they are. */
  readonly stopped: readonly number[]
  readonly waiting: readonly number[]
  /** Share of the pass's work that is done, 0 to 1. */
  readonly share: number
  /** With as many shards running as now; null when nobody runs, or no rate is known. */
  readonly secondsLeft: number | null
}

/** What is to be done with a plan, in order: shards of a pass, a basis or common ranges from them, at last the results. */
export type PlanStep =
  | { readonly kind: 'shards'; readonly pass: PassName; readonly shards: readonly number[] }
  | { readonly kind: 'basis'; readonly after: PassName }
  | { readonly kind: 'merge' }

/** @param asked passes that the plan's question needs */
export function passStates({ shards }: RunPlan, files: PlanFiles, asked: readonly PassName[]): PassState[] {
  const works = shards.map(({ work }) => work)
  return asked.map((pass) => passState(pass, works, files.passes.get(pass)!))
}

function passState(pass: PassName, works: readonly number[], files: PassFiles): PassState {
  const { parts, journals, rate } = files
  const running = files.running.filter(({ shard }) => !parts.has(shard))
  const busy = new Set(running.map(({ shard }) => shard))
  const failed = files.failed.filter(({ shard }) => !parts.has(shard) && !busy.has(shard))
  const lost = new Set(failed.map(({ shard }) => shard))
  const numbers = works.map((_, shard) => shard)
  const idle = numbers.filter((shard) => !parts.has(shard) && !busy.has(shard) && !lost.has(shard))
  const total = works.reduce((sum, work) => sum + work, 0)
  const doneWork =
    numbers.reduce((sum, shard) => sum + (parts.has(shard) ? works[shard]! : 0), 0) +
    running.reduce((sum, { shard, share }) => sum + (share ?? 0) * (works[shard] ?? 0), 0)
  return {
    pass,
    done: numbers.filter((shard) => parts.has(shard)),
    running,
    failed,
    stopped: idle.filter((shard) => journals.has(shard)),
    waiting: idle.filter((shard) => !journals.has(shard)),
    share: total > 0 ? doneWork / total : numbers.length > 0 && parts.size === numbers.length ? 1 : 0,
    secondsLeft: rate === undefined || running.length === 0 ? null : (total - doneWork) / (rate * running.length),
  }
}

/** What is left of a plan. The results are always last: whether they lie somewhere the plan does not know. */
export function stepsLeft(
  states: readonly PassState[],
  { hasBasis, hasRange }: Pick<PlanFiles, 'hasBasis' | 'hasRange'>,
): PlanStep[] {
  const steps: PlanStep[] = []
  const isAsked = (pass: PassName): boolean => states.some((state) => state.pass === pass)
  for (const { pass, done, running, failed, stopped, waiting } of states) {
    const total = done.length + running.length + failed.length + stopped.length + waiting.length
    const isDone = new Set(done)
    const left = Array.from({ length: total }, (_, shard) => shard).filter((shard) => !isDone.has(shard))
    if (left.length > 0) steps.push({ kind: 'shards', pass, shards: left })
    const next = passes[passes.indexOf(pass) + 1]
    const isMade = pass === 'measure' ? hasBasis : hasRange
    if (next !== undefined && isAsked(next) && (!isMade || left.length > 0)) steps.push({ kind: 'basis', after: pass })
  }
  return [...steps, { kind: 'merge' }]
}
