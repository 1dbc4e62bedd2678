import { UsageError } from '../errors.ts'

/** What the jobs of a plan ask of Slurm. All of it stands in `#SBATCH` lines, and is checked before: see `checkedSlurmOptions`. */
export interface SlurmOptions {
  readonly partition?: string | undefined
  readonly account?: string | undefined
  readonly qos?: string | undefined
  /** Time limit of each job, as sbatch takes it: minutes, H:MM:SS, D-H:MM … */
  readonly time?: string | undefined
  /** Memory of each job, as sbatch takes it: 4G. */
  readonly mem?: string | undefined
  /** Processors of a shard, and threads that measure on them, 1 to 64. */
  readonly cpusPerTask: number
  /** Shards that run at a time, of all arrays of a pass together. */
  readonly maxRunning?: number | undefined
  /** Seconds before the time limit at which a shard ends in order, to go on when it is queued again. */
  readonly grace: number
  /** Further options of sbatch: --constraint=avx2. */
  readonly extra: readonly string[]
}

const NAME = /^[A-Za-z0-9_][\w.@+:,/-]*$/
const MEMORY = /^[1-9]\d{0,9}[KMGT]?$/i
const EXTRA = /^--[a-z][a-z-]*(=.+)?$/
/** Options that decide what the scripts decide. */
const OWN =
  /^--(array|dependency|signal|requeue|no-requeue|kill-on-invalid-dep|output|error|job-name|parsable|wrap|export|open-mode|test-only|wait|hold|chdir|ntasks|nodes)(=|$)/
const SIGNAL_SLACK = 60 // Slurm may send the signal of --signal up to a minute early

/**
 * @returns what was given, when all of it can stand in a script
 * @throws UsageError for a value that Slurm does not take, or that would be more than a value
 */
export function checkedSlurmOptions(options: SlurmOptions): SlurmOptions {
  for (const name of ['partition', 'account', 'qos'] as const) {
    const value = options[name]
    if (value !== undefined && !NAME.test(value))
      throw new UsageError(`--${name} ${quotedValue(value)}: give a name of letters, digits and _ . @ + : , / -`)
  }
  if (options.mem !== undefined && !MEMORY.test(options.mem))
    throw new UsageError(`--mem ${quotedValue(options.mem)}: give a size such as 4G or 800M`)
  if (options.time !== undefined) {
    const limit = secondsOf(options.time)
    if (limit === undefined)
      throw new UsageError(`--time ${quotedValue(options.time)}: give minutes, H:MM:SS, D-H or D-H:MM, as sbatch takes it`)
    if (limit < options.grace + SIGNAL_SLACK)
      throw new UsageError(
        `--time ${options.time} leaves a shard no time: it ends ${options.grace} s before its limit, and Slurm may say so a minute early; give more, or a smaller --grace`,
      )
  }
  for (const text of options.extra) {
    if (!EXTRA.test(text) || !isOneLine(text))
      throw new UsageError(`--extra ${quotedValue(text)}: give one long option of sbatch, such as --extra=--constraint=avx2`)
    const [own] = OWN.exec(text) ?? []
    if (own !== undefined) throw new UsageError(`--extra ${text}: the scripts set ${own.replace(/=$/, '')} themselves`)
  }
  return options
}

/** The lines that both kinds of jobs begin with. */
export function slurmDirectives(options: SlurmOptions): string[] {
  const { partition, account, qos, time, mem, extra } = options
  const lines = Object.entries({ partition, account, qos, time, mem }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`],
  )
  return [...lines, ...extra.map(quotedOption)].map(directive)
}

export const directive = (option: string): string => `#SBATCH ${option}`

/** What a value holds beyond plain characters stands in quotes, which sbatch reads as a shell does. */
function quotedOption(option: string): string {
  const at = option.indexOf('=')
  if (at < 0 || /^[\w.@+:,/=*&|[\]()-]*$/.test(option)) return option
  return `${option.slice(0, at)}="${option.slice(at + 1).replace(/["\\]/g, '\\$&')}"`
}

/** Printable characters of one line. */
export function isOneLine(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  return !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)
}

const quotedValue = (text: string): string => JSON.stringify(text)

/** Seconds of a time as sbatch takes it; undefined for what is none, infinity for what has no limit. */
function secondsOf(text: string): number | undefined {
  if (/^(unlimited|infinite)$/i.test(text)) return Number.POSITIVE_INFINITY
  const [, days, rest] = /^(?:(\d{1,5})-)?(\d{1,8}(?::\d{1,2}){0,2})$/.exec(text) ?? []
  if (rest === undefined) return undefined
  const parts = rest.split(':').map(Number)
  // Behind days the first number is hours; alone it is minutes, and two are minutes and seconds.
  const [hours, minutes, seconds] = days !== undefined ? parts : parts.length === 3 ? parts : [0, parts[0]!, parts[1] ?? 0]
  const total = Number(days ?? 0) * 86_400 + hours! * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)
  return total > 0 ? total : undefined
}
