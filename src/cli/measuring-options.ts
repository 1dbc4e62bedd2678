import type { Argv } from 'yargs'
import { UsageError } from '../errors.ts'
import { type Profile, profiles } from '../measure/profile.ts'
import type { Words } from './command.ts'

/** The options of every command that measures; the names are those of the library's options. */
export interface MeasuringOptions {
  readonly kernel: string
  readonly profile: Profile
  readonly threshold: number
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
      describe: 'whose conventions: of this paper, of its parent, or of torchconvquality',
      group: 'Measuring:',
    })
    .option('threshold', {
      default: 0.01,
      describe: "a filter is sparse up to this share of the layer's peak",
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
  if (kernel !== 'all' && !/^\d{1,2}x\d{1,2}$/.test(kernel))
    throw new UsageError(`--kernel ${kernel}: give rows x columns, such as 3x3, or all`)
  return {
    kernel,
    profile: words['profile'] as Profile,
    threshold,
    skipNonFinite: words['skip-non-finite'] === true,
    keepGoing: words['keep-going'] === true,
    ...(batchSize !== undefined && { batchSize }),
    ...(workers !== undefined && { workers }),
  }
}

/** A number option, checked. @throws UsageError */
export function numberOption(words: Words, name: string, wanted: string, good: (x: number) => boolean): number | undefined {
  const value = words[name]
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !good(value)) throw new UsageError(`--${name} ${String(value)}: give ${wanted}`)
  return value
}
