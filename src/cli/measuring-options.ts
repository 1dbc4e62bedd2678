import type { Argv } from 'yargs'
import { UsageError } from '../errors.ts'
import { metricGroups, metricsOfGroup, type NullableMetric, nullableMetrics, usualMetrics } from '../measure/metrics/registry.ts'
import { type Profile, profiles } from '../measure/profile.ts'
import { list } from '../words.ts'
import type { Words } from './command.ts'

/** The options of every command that measures; the names are those of the library's options. */
export interface MeasuringOptions {
  readonly kernel: string
  readonly profile: Profile
  readonly threshold: number
  readonly metrics?: readonly NullableMetric[]
  readonly skipNonFinite: boolean
  readonly keepGoing: boolean
  readonly batchSize?: number
  readonly workers?: number
}

/** Adds the options to a command. */
export function measuringOptions(parser: Argv): Argv {
  return parser
    .option('kernel', {
      type: 'string',
      default: '3x3',
      describe: 'kernel size to measure: 3x3, 5x5, 1x7 … or all',
      group: 'Measuring:',
    })
    .option('profile', {
      choices: profiles,
      default: 'cvprw22',
      describe:
        'whose conventions: cvprw22 of the paper on robust models, cvpr22 of CNN Filter DB, torchconvquality of the Python package',
      group: 'Measuring:',
    })
    .option('threshold', {
      default: 0.01,
      describe: "a filter is sparse when its largest weight is at most this share of the layer's largest",
      group: 'Measuring:',
    })
    .option('metrics', {
      type: 'string',
      describe:
        'only these, by name (a,b,c); on request alone: spectrum (spectral norm, stable rank), random (distance to random filters)',
      group: 'Measuring:',
    })
    .option('skip-non-finite', {
      type: 'boolean',
      default: false,
      describe: 'leave out (and list) layers that hold NaN or infinity',
      group: 'Measuring:',
    })
    .option('keep-going', {
      type: 'boolean',
      default: false,
      describe: 'finish the other inputs when one is broken; exit code 1',
      group: 'Running:',
    })
    .option('workers', {
      describe: 'number of worker threads (the numbers do not depend on it)',
      group: 'Running:',
    })
    .option('batch-size', { describe: 'filters per read (the numbers do not depend on it)', group: 'Running:' })
}

/** Reads them back, with types and limits checked. @throws UsageError */
export function measuringOptionsOf(words: Words): MeasuringOptions {
  const threshold = numberOption(words, 'threshold', 'a number from 0 to 1', (x) => x >= 0 && x <= 1)!
  const batchSize = numberOption(words, 'batch-size', 'a whole number above 0', (x) => Number.isSafeInteger(x) && x > 0)
  const workers = numberOption(
    words,
    'workers',
    'a whole number from 1 to 64',
    (x) => Number.isSafeInteger(x) && x > 0 && x <= 64,
  )
  const kernel = String(words['kernel'])
  if (kernel !== 'all' && !/^[1-9]\d?x[1-9]\d?$/.test(kernel))
    throw new UsageError(`--kernel ${kernel}: give rows x columns, such as 3x3, or all`)
  return {
    kernel,
    profile: words['profile'] as Profile,
    threshold,
    ...(words['metrics'] !== undefined && { metrics: metricsOf(String(words['metrics'])) }),
    skipNonFinite: words['skip-non-finite'] === true,
    keepGoing: words['keep-going'] === true,
    ...(batchSize !== undefined && { batchSize }),
    ...(workers !== undefined && { workers }),
  }
}

/** Names, and groups of metrics that are computed on request; groups alone come beside all that are usual. @throws UsageError */
function metricsOf(text: string): NullableMetric[] {
  const given = text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)
  const groups = given.filter((word) => metricsOfGroup(word).length > 0)
  const names = given.filter((word) => !groups.includes(word))
  const unknown = names.find((name) => !(nullableMetrics as readonly string[]).includes(name))
  if (unknown !== undefined || given.length === 0)
    throw new UsageError(`--metrics ${unknown ?? 'without a name'}: there are ${list([...nullableMetrics, ...metricGroups])}`)
  const asked = new Set<string>([...(names.length > 0 ? names : usualMetrics), ...groups.flatMap(metricsOfGroup)])
  return nullableMetrics.filter((name) => asked.has(name))
}

/** A number option, checked. @throws UsageError */
export function numberOption(words: Words, name: string, wanted: string, good: (x: number) => boolean): number | undefined {
  const value = words[name]
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !good(value)) throw new UsageError(`--${name} ${String(value)}: give ${wanted}`)
  return value
}

/** Whole numbers separated by commas, each at least `least`; undefined when the option is not given. @throws UsageError */
export function wholeNumbers(words: Words, name: string, least: number): number[] | undefined {
  const text = words[name]
  if (text === undefined) return undefined
  const numbers = String(text)
    .split(',')
    .map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : Number.NaN))
  if (!numbers.every((n) => n >= least && n < 1e6))
    throw new UsageError(`--${name} ${String(text)}: give whole numbers from ${least}, separated by commas`)
  return numbers
}
