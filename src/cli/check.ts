import { existsSync } from 'node:fs'
import { basename, dirname, isAbsolute, relative, sep } from 'node:path'
import { baselineFindings, DEFAULT_TOLERANCE, type Tolerances } from '../analysis/baseline.ts'
import { judgeByGate } from '../analysis/gate.ts'
import { type GateConfig, parseGateConfig } from '../analysis/gate-config.ts'
import type { LimitRule, Limits } from '../analysis/limits.ts'
import { UsageError } from '../errors.ts'
import { listInputs } from '../inputs/node-inputs.ts'
import { writeFile } from '../io/sink.ts'
import { inMemory, type StreamedRun, streamed } from '../measure/layer-source.ts'
import { comparedMetrics } from '../measure/metrics/registry.ts'
import type { CollectedRun } from '../results/collect.ts'
import { withRun } from '../results/tables-read.ts'
import { version } from '../version.ts'
import { list } from '../words.ts'
import { type CheckFormat, checkFormats } from './check-formats.ts'
import { type CheckReport, hasPassed } from './check-report.ts'
import type { Command, Words } from './command.ts'
import { measureInputs } from './measuring.ts'
import { type MeasuringOptions, measuringOptions, measuringOptionsOf, numberOption } from './measuring-options.ts'
import { readTextFile } from './meta-file.ts'
import { isResultsPlace, withResults } from './results-place.ts'
import { openOutput } from './run-control.ts'
import { print, say, warn } from './talk.ts'

/** Read from the current folder when no other is named. */
const CONFIG = 'filterlens.config.json'
const formatNames = Object.keys(checkFormats) as CheckFormat[]

export const checkCommand: Command = {
  options: (parser) =>
    measuringOptions(parser)
      .positional('inputs', { type: 'string', array: true, demandOption: true, describe: 'model files, folders or globs' })
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
      .option('format', {
        type: 'string',
        array: true,
        describe: `${list(formatNames, 'or')}; FORMAT=FILE writes a file; may be given several times`,
        group: 'Output:',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON, as --format json', group: 'Output:' })
      .example('$0 check net.onnx', 'no layer may be flagged')
      .example('$0 check net.onnx --max-sparsity 0.5 --min-entropy 0.3', 'no layer mostly dead, none with few patterns')
      .example('$0 check new.pth --baseline old.pth', 'no layer worse than before')
      .example('$0 check net.onnx --format github --format sarif=net.sarif', 'for GitHub Actions: annotations, and a file'),
  async run(words) {
    const outputs = outputsOf(words)
    const config = await configOf(words)
    const limits = limitRules(words, config)
    const options: MeasuringOptions = { ...measuringOptionsOf(words), skipNonFinite: true }
    const tolerances = tolerancesOf(words, config)
    const path = (words['baseline'] as string | undefined) ?? config.baseline
    const { analysis, compared, files, seconds } = await withBaseline(path, options, (before) =>
      measured(words['inputs'] as string[], options, before && ((now) => baselineFindings(now, before, tolerances))),
    )
    const { found, judged, ignored, undefinedValues, notes } = judgeByGate(analysis, {
      limits,
      ignore: [...(config.ignore ?? []), ...((words['ignore'] as string[] | undefined) ?? [])],
      baseline: compared,
      flags: words['flags'] === true || config.flags === true,
    })
    const report: CheckReport = {
      version,
      found,
      judged,
      ignored,
      undefinedValues,
      limits: Object.fromEntries(limits.map((rule) => [rule.pattern, rule.limits])),
      failed: analysis.failed,
      files,
      seconds,
      finished: new Date().toISOString(),
    }
    for (const { format, file } of outputs) {
      const text = checkFormats[format](report)
      if (file === undefined) print(text)
      else await writeFile((await openOutput(dirname(file))).folder, basename(file), `${text}\n`)
    }
    for (const text of [...analysis.warnings, ...notes]) warn(text)
    return hasPassed(report) ? 0 : 1
  },
}

/** Where the report goes, and in which format. @throws UsageError */
function outputsOf(words: Words): { readonly format: CheckFormat; readonly file?: string }[] {
  const given = [...((words['format'] as string[] | undefined) ?? []), ...(words['json'] === true ? ['json'] : [])]
  const outputs = given.map((text) => {
    const [, name = '', file] = /^([^=]*)(?:=(.*))?$/s.exec(text)!
    const format = formatNames.find((known) => known === name)
    if (format === undefined || file === '')
      throw new UsageError(`--format ${text}: give ${list(formatNames, 'or')}, or for a file FORMAT=FILE`)
    return { format, ...(file !== undefined && { file }) }
  })
  const printed = outputs.filter(({ file }) => file === undefined)
  if (printed.length > 1)
    throw new UsageError(
      `--format: ${list(printed.map(({ format }) => format))} would be printed into one another; write all but one to a file: --format ${printed[1]!.format}=FILE`,
    )
  return outputs.length > 0 ? outputs : [{ format: 'text' }]
}

async function configOf(words: Words): Promise<GateConfig> {
  const named = words['config'] as string | undefined
  if (named === undefined && !existsSync(CONFIG)) return {}
  const path = named ?? CONFIG
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

/** The models of a baseline for as long as `work` takes: results are read from their tables, models are measured. */
async function withBaseline<T>(
  path: string | undefined,
  options: MeasuringOptions,
  work: (before: StreamedRun | undefined) => Promise<T>,
): Promise<T> {
  if (path === undefined) return work(undefined)
  if (await isResultsPlace(path)) return withResults(path, (folder) => withRun(folder, path, work))
  const { compared: before } = await measured([path], options, inMemory)
  return work(before && streamed(before))
}

interface MeasuredModels<Compared> {
  /** Layers without their statistics, which are most of their bytes. */
  readonly analysis: CollectedRun
  /** What `compare` gave. */
  readonly compared: Compared | undefined
  readonly files: ReadonlyMap<string, string>
  readonly seconds: number
}

async function measured<Compared>(
  paths: readonly string[],
  options: MeasuringOptions,
  compare: ((run: StreamedRun) => Promise<Compared>) | undefined,
): Promise<MeasuredModels<Compared>> {
  const inputs = await listInputs(paths)
  const locations = new Map(inputs.map(({ path, location }) => [path, fromHere(location)]))
  const files = new Map<string, string>()
  let compared: Compared | undefined
  const { record, seconds } = await measureInputs({
    inputs,
    options,
    resume: false,
    keepLayers: true,
    mayBeEmpty: true,
    onModel: (model, { path }) => files.set(model, locations.get(path) ?? path),
    ...(compare && {
      extend: async ({ run }) => {
        compared = await compare(await run.whole())
      },
    }),
  })
  return { analysis: record, compared, files, seconds }
}

/** A path as seen from the current folder, with forward slashes: what annotations of a repository's files want. */
function fromHere(location: string): string {
  if (!isAbsolute(location)) return location.replaceAll(sep, '/')
  const path = relative(process.cwd(), location)
  return (path.startsWith('..') || isAbsolute(path) ? location : path).replaceAll(sep, '/')
}
