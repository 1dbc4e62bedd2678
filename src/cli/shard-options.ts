import type { Argv } from 'yargs'
import { UsageError } from '../errors.ts'
import { type PassName, passes } from '../shards/plan-paths.ts'
import { list } from '../words.ts'
import type { Words } from './command.ts'

/** Adds the options of measuring one shard of a plan. */
export function shardOptions(parser: Argv): Argv {
  const group = 'One shard of a plan:'
  return parser
    .option('plan', {
      type: 'string',
      describe: 'folder that filterlens plan wrote; its options hold, inputs are not given',
      group,
    })
    .option('shard', { describe: 'number of the shard, from 0 (default: that of the array task, of Slurm and others)', group })
    .option('pass', { choices: passes, describe: 'default: the first that the shard has not finished', group })
}

/** Where schedulers put the number of an array task. */
const taskNumbers = ['SLURM_ARRAY_TASK_ID', 'JOB_COMPLETION_INDEX', 'AWS_BATCH_JOB_ARRAY_INDEX', 'PBS_ARRAY_INDEX']

/** What a shard may be told beside its plan. */
const own: readonly string[] = ['plan', 'shard', 'pass', 'workers', 'batch-size', 'resume', '$0', '_', 'help', 'h', 'version']

/** Options as they are when nobody gives them. */
const usual: Readonly<Record<string, unknown>> = { kernel: '3x3', profile: 'cvprw22', threshold: 0.01, 'check-tolerance': 1e-9 }

/** What was asked for. */
export interface ShardChoice {
  readonly plan: string
  readonly pass: PassName | undefined
  /** Measures a shard anew that was interrupted. */
  readonly resume: boolean
}

/** @throws UsageError for an option that belongs to the plan */
export function shardChoiceOf(words: Words): ShardChoice {
  for (const [name, value] of Object.entries(words)) {
    if (own.includes(name) || name.length < 2 || value === undefined || value === false || value === usual[name]) continue
    if (Array.isArray(value) && value.length === 0) continue
    throw new UsageError(
      name === 'inputs'
        ? '--plan has its own inputs; give none'
        : `--${name} belongs to the plan, or to filterlens merge; a shard takes --shard, --pass, --workers and --batch-size`,
    )
  }
  return { plan: words['plan'] as string, pass: words['pass'] as PassName | undefined, resume: words['resume'] === true }
}

/** The number of the shard. @throws UsageError when it is not given, or the plan has no such shard */
export function shardNumber(words: Words, shards: number, environment: Readonly<Record<string, string | undefined>>): number {
  const named = taskNumbers.find((name) => (environment[name] ?? '') !== '')
  const given = words['shard'] ?? (named === undefined ? undefined : environment[named])
  if (given === undefined && shards === 1) return 0
  if (given === undefined)
    throw new UsageError(
      `--shard must be given: a number from 0 to ${shards - 1}, or one of ${list(taskNumbers, 'or')} in the environment`,
    )
  const shard = /^\d+$/.test(String(given)) ? Number(given) : Number.NaN
  const source = words['shard'] === undefined ? named : '--shard'
  if (!(shard < shards)) throw new UsageError(`${source} ${String(given)}: the plan has the shards 0 to ${shards - 1}`)
  return shard
}
