import { hostname } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import { openFile } from '../io/node.ts'
import { type CoefficientTask, coefficientKey, coefficientShard } from '../shards/coefficient-shard.ts'
import { measureShard } from '../shards/measure-shard.ts'
import { checkPart, growPart, type PartHeader, type PartRecord, partHeader, partRecords } from '../shards/part-file.ts'
import { openPart } from '../shards/parts.ts'
import type { OpenPlan } from '../shards/plan.ts'
import { type PassName, planPaths } from '../shards/plan-paths.ts'
import { piecesOf } from '../shards/planned-inputs.ts'
import { readPasses, readRanges } from '../shards/second-pass.ts'
import { plural } from '../words.ts'
import type { Words } from './command.ts'
import { Interrupted } from './interrupted.ts'
import { measuringOptionsOf } from './measuring-options.ts'
import { openPlan, optionsOfPlan, plannedPlaces } from './plan-place.ts'
import { openProgressBar } from './progress.ts'
import { withInterrupt } from './run-control.ts'
import { openShardFolder } from './shard-folder.ts'
import { shardChoiceOf, shardNumber } from './shard-options.ts'
import { say } from './talk.ts'

/** Measures one shard of a plan, in one of its passes. @returns the exit code: 0 when its part is there, whoever measured it */
export async function runShard(words: Words): Promise<number> {
  const choice = shardChoiceOf(words)
  const plan = await openPlan(choice.plan)
  const shard = shardNumber(words, plan.plan.shards.length, process.env)
  const { workers, batchSize } = measuringOptionsOf(words)
  const name = `shard ${shard} of ${plan.plan.shards.length}`
  const next = await nextPass(plan, shard, choice.pass)
  if (typeof next === 'string') {
    say(`${name}: ${next}`)
    return 0
  }
  const { pass, hash } = next
  const title = `${name}, ${pass}`
  const isThere = (): Promise<boolean> => isPart(plan, partHeader(hash, pass, shard))
  const own = await openShardFolder({ plan: choice.plan, pass, shard, title, isThere, resume: choice.resume })
  if (!own) {
    say(`${title}: its part is there`)
    return 0
  }
  const started = performance.now()
  const progress = openProgressBar()
  let total = plan.plan.shards[shard]!.work
  let done = 0
  let code: number | undefined
  try {
    code = await withInterrupt(
      () => 'run the same command again to continue',
      async (signal) => {
        const keyOf = pass === 'measure' ? undefined : coefficientKey(pass)
        const part = await growPart(own.store, partHeader(hash, pass, shard), keyOf)
        if (part.found > 0) say(`${title}: continuing, ${plural(part.found, 'layer')} measured already`)
        await own.begun()
        const tell = (work: number, model: string): void => {
          done += work
          progress.update(done, total, model)
          own.tell({ done, total, model })
        }
        const task = {
          pieces: piecesOf(plan, shard),
          place: plannedPlaces(plan),
          options: {
            ...optionsOfPlan(plan),
            ...(workers !== undefined && { workers }),
            ...(batchSize !== undefined && { batchSize }),
            signal,
          },
        }
        if (pass === 'measure') await measureShard(part, { ...task, onWork: tell })
        else
          await coefficientShard(part, {
            ...task,
            ...next.coefficients!,
            onFilters: (filters, all, model) => {
              total = all
              tell(filters, model)
            },
          })
        await part.seal({
          finished: new Date().toISOString(),
          seconds: rounded((performance.now() - started) / 1000),
          processorSeconds: rounded(processorSeconds()),
          host: hostname(),
          engine: `Node ${process.version}`,
        })
        progress.stop()
        if (!(await own.finish())) {
          say(`${title}: another run took it over meanwhile, and goes on with it`)
          return undefined
        }
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
  return code ?? runShard(words)
}

/** A pass that a shard is to measure. */
interface NextPass {
  readonly pass: PassName
  /** What its part is of. */
  readonly hash: string
  readonly coefficients?: Pick<CoefficientTask, 'passes' | 'ranges' | 'measured'>
}

/** The pass that was asked for, or the first that the shard has not finished; a sentence where there is nothing to do. */
async function nextPass(plan: OpenPlan, shard: number, asked: PassName | undefined): Promise<NextPass | string> {
  const isDone = (pass: PassName, hash: string): Promise<boolean> => isPart(plan, partHeader(hash, pass, shard))
  const measure: NextPass = { pass: 'measure', hash: plan.hash }
  const isMeasured = await isDone('measure', plan.hash)
  if (asked === 'measure') return isMeasured ? 'its part is there' : measure
  if (!isMeasured) {
    if (asked === undefined) return measure
    throw new InputError(
      join(plan.name, planPaths.part('measure', shard)),
      'is not there, or not whole; the shard is measured first',
    )
  }
  const basis = await readPasses(plan)
  if (asked === undefined && !basis) return 'its part is there'
  if (!basis)
    throw new InputError(plan.name, `has no bases (${planPaths.basis}); run filterlens merge ${plan.name} --basis first`)
  if (basis.value.length === 0) return 'its part is there, and nothing asks for the filters again'
  const given = { passes: basis.value, measured: recordsOfPart(plan, 'measure', shard) }
  if (!(await isDone('ranges', basis.hash)) && asked !== 'counts')
    return { pass: 'ranges', hash: basis.hash, coefficients: { ...given, ranges: undefined } }
  if (asked === 'ranges') return 'its part is there'
  const ranges = await readRanges(plan, basis)
  if (asked === undefined && !ranges) return 'its parts are there'
  if (!ranges)
    throw new InputError(plan.name, `has no common ranges (${planPaths.range}); run filterlens merge ${plan.name} --basis first`)
  if (await isDone('counts', ranges.hash)) return 'its parts are there'
  return { pass: 'counts', hash: ranges.hash, coefficients: { ...given, ranges: ranges.value } }
}

async function* recordsOfPart(plan: OpenPlan, pass: PassName, shard: number): AsyncGenerator<PartRecord> {
  const access = await openPart(plan, pass, shard)
  try {
    yield* partRecords(access)
  } finally {
    await access.close?.()
  }
}

/** True when a part is there and whole; one that is neither is measured again. */
async function isPart(plan: OpenPlan, header: PartHeader): Promise<boolean> {
  const path = join(plan.name, planPaths.part(header.pass, header.shard))
  const access = await openFile(path).catch((error: unknown) => {
    if (error instanceof InputError) return undefined
    throw error
  })
  if (!access) return false
  try {
    await checkPart(access, header)
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
