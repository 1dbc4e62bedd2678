import { InputError, UsageError } from '../errors.ts'
import { plural } from '../words.ts'
import { arrayRanges } from './array-ranges.ts'
import { shellWord } from './shell-word.ts'
import { directive, isOneLine, type SlurmOptions, slurmDirectives } from './slurm-options.ts'

/** One job to submit: its script, and the jobs that have to be through before. */
export interface SlurmJob {
  /** A name for a file and for a variable of the shell: measure, basis, measure_2. */
  readonly name: string
  readonly script: string
  /** Names of the jobs that must have succeeded. */
  readonly after: readonly string[]
}

/** A step of a plan that is not done yet: shards of a pass, or what is merged from them. */
export type SlurmStep =
  | {
      readonly kind: 'shards'
      readonly pass: string
      readonly shards: readonly number[]
      /** Where the journal of a shard lies, below the plan's folder; $shard stands for its number. */
      readonly journal: string
    }
  | { readonly kind: 'merge'; readonly name: string; readonly words: readonly string[] }

/** Where and by what a plan is carried out. */
export interface SlurmPlan {
  /** Its folder, absolute. */
  readonly folder: string
  /** The words that call filterlens on a node. */
  readonly command: readonly string[]
  /** What is left to do, in order. */
  readonly steps: readonly SlurmStep[]
  /** Tasks that one array of this Slurm may have. */
  readonly maxArraySize: number
}

/** An array lists its tasks in one option; longer ones name all of their range, of which what is done ends at once. */
const LONGEST_LIST = 4000

/**
 * The jobs that carry out what is left of a plan: an array for the shards of each pass (several where one would be larger than
 * Slurm takes), and a job after it that merges. Each can be killed, queued again and submitted twice.
 * @throws InputError for a path that cannot stand in a script
 * @throws UsageError for fewer running shards than there are arrays
 */
export function slurmJobs(plan: SlurmPlan, options: SlurmOptions): SlurmJob[] {
  for (const path of [plan.folder, ...plan.command])
    if (!isOneLine(path))
      throw new InputError(path, 'a name with a line break or another control character cannot stand in a script')
  let jobs: SlurmJob[] = []
  let before: string[] = []
  for (const step of plan.steps) {
    const made = step.kind === 'merge' ? [mergeJob(plan, step, options, before)] : arrayJobs(plan, step, options, before)
    jobs = jobs.concat(made)
    before = made.map(({ name }) => name)
  }
  return jobs
}

function arrayJobs(
  plan: SlurmPlan,
  step: SlurmStep & { readonly kind: 'shards' },
  options: SlurmOptions,
  after: readonly string[],
): SlurmJob[] {
  const size = plan.maxArraySize
  const chunks = new Map<number, number[]>()
  for (const shard of step.shards) {
    const chunk = Math.floor(shard / size)
    const shards = chunks.get(chunk)
    if (shards) shards.push(shard)
    else chunks.set(chunk, [shard])
  }
  const { maxRunning } = options
  if (maxRunning !== undefined && maxRunning < chunks.size)
    throw new UsageError(
      `--max-running ${maxRunning}: ${plural(step.shards.length, 'shard')} are ${chunks.size} arrays here (MaxArraySize is ${size}); give at least ${chunks.size}, or plan fewer shards`,
    )
  return [...chunks].map(([chunk, shards], k) => {
    const name = chunks.size === 1 ? step.pass : `${step.pass}_${k + 1}`
    const throttle = maxRunning === undefined ? '' : `%${shareOf(maxRunning, chunks.size, k)}`
    const offset = chunk * size
    return {
      name,
      after,
      script: arrayScript(plan, step, options, { offset, tasks: taskList(shards, offset) + throttle, after }),
    }
  })
}

/** The k-th of `parts` whole shares of `total`. */
const shareOf = (total: number, parts: number, k: number): number => Math.floor(total / parts) + (k < total % parts ? 1 : 0)

function taskList(shards: readonly number[], offset: number): string {
  const list = arrayRanges(shards.map((shard) => shard - offset))
  return list.length <= LONGEST_LIST ? list : `${shards[0]! - offset}-${shards.at(-1)! - offset}`
}

interface ArrayPlace {
  readonly offset: number
  readonly tasks: string
  readonly after: readonly string[]
}

function arrayScript(
  { folder, command }: SlurmPlan,
  { pass, journal }: SlurmStep & { readonly kind: 'shards' },
  options: SlurmOptions,
  { offset, tasks, after }: ArrayPlace,
): string {
  return `${head(`filterlens-${pass}`, after, [
    `--array=${tasks}`,
    `--cpus-per-task=${options.cpusPerTask}`,
    `--signal=B:USR1@${options.grace}`,
    ...slurmDirectives(options),
  ])}
# One shard of a filterlens plan. It may be killed, queued again and run twice: what was measured is kept.
plan=${shellWord(folder)}
filterlens=(${command.map(shellWord).join(' ')})
shard=$((${offset} + \${SLURM_ARRAY_TASK_ID:?}))
journal="$plan/${journal}"
${logLines(`${pass}-$shard`)}
size() { if [ -f "$journal" ]; then wc -c <"$journal"; else echo 0; fi; }
before=$(size) work='' late=''
# Slurm says in advance that the time is up. Node keeps USR1 for itself, so that filterlens is told by TERM.
trap 'late=yes; [ -z "$work" ] || kill -TERM "$work" 2>/dev/null' USR1
"\${filterlens[@]}" analyze --plan "$plan" --pass ${pass} --shard "$shard" --workers ${options.cpusPerTask} &
work=$!
[ -z "$late" ] || kill -TERM "$work" 2>/dev/null
wait "$work"; code=$?
if [ -n "$late" ]; then wait "$work"; code=$?; fi # a signal ends the first wait early
case $code in
  0) exit 0 ;;
  143)
    [ -n "$late" ] || exit 143
    if [ "$(size)" -le "$before" ]; then
      echo 'not one layer was finished within the time limit: give a larger --time, or plan more shards'
      exit 2
    fi
    echo 'time is up: this shard is queued again, and goes on where it is'
    scontrol requeue "$SLURM_JOB_ID"
    exit 143 ;;
  *) exit "$code" ;;
esac
`
}

function mergeJob(
  { folder, command }: SlurmPlan,
  { name, words }: SlurmStep & { readonly kind: 'merge' },
  options: SlurmOptions,
  after: readonly string[],
): SlurmJob {
  const script = `${head(`filterlens-${name}`, after, ['--cpus-per-task=1', ...slurmDirectives(options)])}
# What the shards of a filterlens plan found, in one. It may be killed and run again.
plan=${shellWord(folder)}
filterlens=(${command.map(shellWord).join(' ')})
${logLines(name)}
"\${filterlens[@]}" merge "$plan"${words.map((word) => ` ${shellWord(word)}`).join('')}
code=$?
[ "$code" = 1 ] && exit 0 # merged; what was left out is listed
exit "$code"
`
  return { name, after, script }
}

/** A job's first lines. Slurm fills in what looks like %j in the path of a log, so that each script opens its own. */
function head(name: string, after: readonly string[], lines: readonly string[]): string {
  const all = [
    `--job-name=${name}`,
    '--output=/dev/null',
    '--requeue',
    ...(after.length > 0 ? ['--kill-on-invalid-dep=yes'] : []),
  ]
  return ['#!/bin/bash', ...all.map(directive), ...lines.map((line) => (line.startsWith('#') ? line : directive(line)))].join(
    '\n',
  )
}

const logLines = (log: string): string => `mkdir -p "$plan/logs"
exec >>"$plan/logs/${log}.log" 2>&1
echo "$(date -u +%FT%TZ) job $SLURM_JOB_ID on \${SLURMD_NODENAME:-$(uname -n)}, started \${SLURM_RESTART_COUNT:-0} times before"`
