import { existsSync } from 'node:fs'
import type { Argv } from 'yargs'
import { DEFAULT_TOLERANCE, type Tolerances } from '../analysis/baseline.ts'
import type { Gate } from '../analysis/gate.ts'
import { type GateConfig, parseGateConfig } from '../analysis/gate-config.ts'
import type { LimitRule, Limits } from '../analysis/limits.ts'
import { UsageError } from '../errors.ts'
import { comparedMetrics } from '../measure/metrics/registry.ts'
import type { Words } from './command.ts'
import { numberOption } from './measuring-options.ts'
import { readTextFile } from './meta-file.ts'
import { say } from './talk.ts'

/** Read from the current folder when no other is named. */
const CONFIG = 'filterlens.config.json'

/** Adds the options that say what layers are held against. */
export function gateOptions(parser: Argv): Argv {
  return parser
    .option('max-sparsity', { describe: 'largest share of sparse filters in a layer, 0 to 1', group: 'Limits:' })
    .option('min-entropy', { describe: 'smallest variance entropy of a layer, 0 to 0.954', group: 'Limits:' })
    .option('min-orthogonality', { describe: 'smallest orthogonality of a layer', group: 'Limits:' })
    .option('flags', {
      type: 'boolean',
      default: false,
      describe: 'flagged layers do not pass either; without a limit or baseline they never do',
      group: 'Limits:',
    })
    .option('baseline', {
      type: 'string',
      describe: 'no layer may be worse than here: a model, a folder of models, or results',
      group: 'Limits:',
    })
    .option('tolerance', {
      describe: `how much worse than the baseline a metric may be (default ${DEFAULT_TOLERANCE})`,
      group: 'Limits:',
    })
    .option('ignore', {
      type: 'string',
      array: true,
      describe: 'layers that are not judged: names with * and ?',
      group: 'Limits:',
    })
    .option('config', { type: 'string', describe: `limits in a file (default: ${CONFIG}, if there is one)`, group: 'Limits:' })
}

/** What layers are held against, as the options and the configuration say. */
export interface AskedGate extends Omit<Gate, 'baseline'> {
  /** Where the baseline is. */
  readonly baseline: string | undefined
  readonly tolerances: Tolerances
}

/** @throws UsageError for a value that means nothing; InputError for a configuration that cannot be read */
export async function gateOf(words: Words): Promise<AskedGate> {
  const config = await configOf(words)
  const baseline = (words['baseline'] as string | undefined) ?? config.baseline
  if (words['tolerance'] !== undefined && baseline === undefined)
    throw new UsageError('--tolerance is that of a baseline; give --baseline too')
  return {
    limits: limitRules(words, config),
    ignore: [...(config.ignore ?? []), ...((words['ignore'] as string[] | undefined) ?? [])],
    baseline,
    tolerances: tolerancesOf(words, config),
    flags: words['flags'] === true || config.flags === true,
  }
}

/** The configuration that is read, where it is there. */
export function configFile(words: Words): string {
  return (words['config'] as string | undefined) ?? CONFIG
}

async function configOf(words: Words): Promise<GateConfig> {
  const named = words['config'] as string | undefined
  if (named === undefined && !existsSync(CONFIG)) return {}
  const path = configFile(words)
  const config = parseGateConfig(path, await readTextFile(path))
  if (named === undefined) say(`limits of ${CONFIG}`)
  return config
}

/** Those of the configuration, then those of the command line, which hold for every layer. @throws UsageError */
function limitRules(words: Words, config: GateConfig): LimitRule[] {
  const share = (name: string): number | undefined => numberOption(words, name, 'a number from 0 to 1', (x) => x >= 0 && x <= 1)
  const given: Limits = {
    max_sparsity: share('max-sparsity'),
    min_entropy: share('min-entropy'),
    min_orthogonality: share('min-orthogonality'),
  }
  const own = Object.fromEntries(Object.entries(given).filter(([, limit]) => limit !== undefined))
  const configured = Object.entries(config.limits ?? {}).map(([pattern, limits]) => ({ pattern, limits }))
  return [...configured, ...(Object.keys(own).length > 0 ? [{ pattern: '*', limits: own }] : [])]
}

function tolerancesOf(words: Words, config: GateConfig): Tolerances {
  const given = numberOption(words, 'tolerance', 'a number from 0', (x) => x >= 0)
  const configured = given ?? config.tolerance
  const of = typeof configured === 'object' ? configured : {}
  const all = typeof configured === 'number' ? configured : DEFAULT_TOLERANCE
  return Object.fromEntries(comparedMetrics.map((metric) => [metric, of[metric] ?? all])) as unknown as Tolerances
}
