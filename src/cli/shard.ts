import { hostname } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import { openFile } from '../io/node.ts'
import { measureShard } from '../shards/measure-shard.ts'
import { checkPart, growPart, partHeader } from '../shards/part-file.ts'
import type { OpenPlan } from '../shards/plan.ts'
import { type PassName, planPaths } from '../shards/plan-paths.ts'
import { piecesOf } from '../shards/planned-inputs.ts'
import { plural } from '../words.ts'
import type { Words } from './command.ts'
import { Interrupted } from './interrupted.ts'
import { measuringOptionsOf } from './measuring-options.ts'
import { openPlan, plannedPlaces } from './plan-place.ts'
import { openProgressBar } from './progress.ts'
import { withInterrupt } from './run-control.ts'
import { openShardFolder } from './shard-folder.ts'
import { shardChoiceOf, shardNumber } from './shard-options.ts'
import { say } from './talk.ts'

/** Measures one shard of a plan. @returns the exit code: 0 when its part is there, whoever measured it */
export async function runShard(words: Words): Promise<number> {
  const choice = shardChoiceOf(words)
  const plan = await openPlan(choice.plan)
  const shard = shardNumber(words, plan.plan.shards.length, process.env)
  const pass = choice.pass ?? 'measure'
  const title = `shard ${shard} of ${plan.plan.shards.length}, ${pass}`
  const isThere = (): Promise<boolean> => isPart(plan, pass, shard)
  if (await isThere()) {
    say(`${title}: its part is there`)
    return 0
  }
  const own = await openShardFolder({ plan: choice.plan, pass, shard, title, isThere, resume: choice.resume })
  if (!own) {
    say(`${title}: its part is there`)
    return 0
  }
  const started = performance.now()
  const progress = openProgressBar()
  try {
    return await withInterrupt(
      () => 'run the same command again to continue',
      async (signal) => {
        const part = await growPart(own.store, partHeader(plan.hash, pass, shard))
        if (part.found > 0) say(`${title}: continuing, ${plural(part.found, 'layer')} measured already`)
        await own.begun()
        const total = plan.plan.shards[shard]!.work
        let done = 0
        const { workers, batchSize } = measuringOptionsOf(words)
        await measureShard(part, {
          pieces: piecesOf(plan, shard),
          place: plannedPlaces(plan),
          options: {
            ...plan.plan.options,
            ...(workers !== undefined && { workers }),
            ...(batchSize !== undefined && { batchSize }),
            signal,
          } as Parameters<typeof measureShard>[1]['options'],
          onWork: (work, model) => {
            done += work
            progress.update(done, total, model)
            own.tell({ done, total, model })
          },
        })
        await part.seal({
          finished: new Date().toISOString(),
          seconds: rounded((performance.now() - started) / 1000),
          processorSeconds: rounded(processorSeconds()),
          host: hostname(),
          engine: `Node ${process.version}`,
        })
        await own.finish()
        progress.stop()
        say(`${title}: ${plural(part.layers, 'layer')} in its part, ${((performance.now() - started) / 1000).toFixed(2)} s`)
        return 0
      },
    )
  } catch (error) {
    if (!(error instanceof Interrupted)) await own.failed(error)
    throw error
  } finally {
    progress.stop()
    await own.release()
  }
}

/** True when a part is there and whole; one that is neither is measured again. */
async function isPart(plan: OpenPlan, pass: PassName, shard: number): Promise<boolean> {
  const path = join(plan.name, planPaths.part(pass, shard))
  const access = await openFile(path).catch((error: unknown) => {
    if (error instanceof InputError) return undefined
    throw error
  })
  if (!access) return false
  try {
    await checkPart(access, partHeader(plan.hash, pass, shard))
    return true
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    say(`${error.message}; it is measured again`)
    return false
  } finally {
    await access.close?.()
  }
}

function processorSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
