import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { InputError } from '../errors.ts'
import { fileProblem, openFile } from '../io/node.ts'
import { readPartSummary } from './part-file.ts'
import type { RunPlan } from './plan.ts'
import { type PassName, passes, planPaths } from './plan-paths.ts'
import type { FailedShard, PassFiles, PlanFiles, RunningShard } from './plan-state.ts'

/** Finished parts that are opened to learn how fast shards are. */
const SAMPLE = 32
/** Failures that are read; a plan of which more shards fail fails in one way. */
const MOST_FAILURES = 1000

/**
 * Reads how far a plan is from the names and small files below it, no part as a whole.
 * @param isHeld whether a living run has the lock in that file
 * @throws InputError when a folder of the plan cannot be read
 */
export async function readPlanFiles(
  folder: string,
  plan: RunPlan,
  isHeld: (lock: string) => Promise<boolean>,
): Promise<PlanFiles> {
  const isThere = (path: string): Promise<boolean> =>
    stat(join(folder, path)).then(
      (found) => found.isFile(),
      () => false,
    )
  const found = new Map<PassName, PassFiles>()
  for (const pass of passes) found.set(pass, await passFiles(folder, plan, pass, isHeld))
  return { passes: found, hasBasis: await isThere(planPaths.basis), hasRange: await isThere(planPaths.range) }
}

async function passFiles(
  folder: string,
  plan: RunPlan,
  pass: PassName,
  isHeld: (lock: string) => Promise<boolean>,
): Promise<PassFiles> {
  const names = new Set(await namesIn(join(folder, dirname(planPaths.part(pass, 0)))))
  const numbers = plan.shards.map((_, shard) => shard)
  const having = (path: (pass: PassName, shard: number) => string): number[] =>
    numbers.filter((shard) => names.has(basename(path(pass, shard))))
  const parts = having(planPaths.part)
  const running: RunningShard[] = []
  for (const shard of having(planPaths.lock)) {
    const lock = join(folder, planPaths.lock(pass, shard))
    if (await isHeld(lock)) running.push(await runningShard(shard, lock, join(folder, planPaths.progress(pass, shard))))
  }
  const failed: FailedShard[] = []
  for (const shard of having(planPaths.failed).slice(0, MOST_FAILURES))
    failed.push(await failedShard(shard, join(folder, planPaths.failed(pass, shard))))
  return {
    parts: new Set(parts),
    journals: new Set(having(planPaths.journal)),
    running,
    failed,
    rate: await rateOf(folder, plan, pass, parts),
  }
}

async function runningShard(shard: number, lock: string, progress: string): Promise<RunningShard> {
  const { host } = await smallJson(lock)
  const { done, total, since, model } = await smallJson(progress)
  return {
    shard,
    host: typeof host === 'string' ? host : '',
    share: typeof done === 'number' && typeof total === 'number' && total > 0 ? Math.min(1, done / total) : null,
    since: typeof since === 'string' ? since : null,
    model: typeof model === 'string' ? model : null,
  }
}

async function failedShard(shard: number, path: string): Promise<FailedShard> {
  const { problem, when, host } = await smallJson(path)
  return {
    shard,
    // What could be created but not be filled.
    problem: typeof problem === 'string' ? problem : 'there was no room to write down why: the disk is full',
    when: typeof when === 'string' ? when : '',
    host: typeof host === 'string' ? host : '',
  }
}

/** What a small file says; nothing when it is gone meanwhile, or was cut short by what it tells of. */
async function smallJson(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new InputError(folder, fileProblem(error), { cause: error })
  }
}

async function rateOf(folder: string, plan: RunPlan, pass: PassName, parts: readonly number[]): Promise<number | undefined> {
  let [work, seconds] = [0, 0]
  const step = Math.max(1, Math.floor(parts.length / SAMPLE))
  for (let k = 0; k < parts.length; k += step) {
    const shard = parts[k]!
    const told = await secondsOfPart(join(folder, planPaths.part(pass, shard)))
    work += told > 0 ? plan.shards[shard]!.work : 0
    seconds += told
  }
  return seconds > 0 && work > 0 ? work / seconds : undefined
}

/** 0 for a part that cannot be read: what is wrong with it is said when it is merged. */
async function secondsOfPart(path: string): Promise<number> {
  try {
    const access = await openFile(path)
    try {
      return (await readPartSummary(access)).facts.seconds
    } finally {
      await access.close?.()
    }
  } catch (error) {
    if (error instanceof InputError) return 0
    throw error
  }
}
