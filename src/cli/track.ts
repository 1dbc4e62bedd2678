import { setTimeout as later } from 'node:timers/promises'
import { baselineFindings } from '../analysis/baseline.ts'
import type { MeasuredModel } from '../analysis/changes.ts'
import { type CheckpointOrder, checkpointOrders } from '../analysis/checkpoints.ts'
import { judgeByGate } from '../analysis/gate.ts'
import { InputError, UsageError } from '../errors.ts'
import { type FoundInput, listInputs } from '../inputs/node-inputs.ts'
import { layersInMemory } from '../measure/layer-source.ts'
import { settingsOf } from '../measure/options.ts'
import type { Command, Words } from './command.ts'
import { findingsText } from './findings-text.ts'
import { type AskedGate, gateOf, gateOptions } from './gate-options.ts'
import { withBaseline } from './measured-models.ts'
import { type MeasuringOptions, measuringOptions, measuringOptionsOf, numberOption } from './measuring-options.ts'
import { requireOwnFolder } from './own-folder.ts'
import { withInterrupt } from './run-control.ts'
import { withRunFolder } from './run-folder.ts'
import { say, warn } from './talk.ts'
import { CheckpointSeries, fileFacts } from './track-series.ts'
import { areRuns, trackSweep } from './track-sweep.ts'

export const trackCommand: Command = {
  options: (parser) =>
    gateOptions(measuringOptions(parser))
      .positional('checkpoints', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'checkpoints of one training: files, folders or globs',
      })
      .option('by', {
        choices: checkpointOrders,
        describe: 'what orders them; default: the step or epoch in the files, else the number in the names, else time',
      })
      .option('meta', {
        type: 'string',
        describe:
          'CSV of scalars: a column Checkpoint, Step or Epoch, and numbers such as accuracies; of several runs: their parameters',
        group: 'Output:',
      })
      .option('scalars', { type: 'string', describe: 'CSV of scalars, beside the parameters of --meta', group: 'Output:' })
      .option('runs', {
        type: 'boolean',
        default: false,
        describe: 'several trainings, a folder each (so are several folders that are named), one beside the other',
        group: 'Runs:',
      })
      .option('group-by', {
        type: 'string',
        array: true,
        describe: 'compares the runs by the values of a column of --meta; several: each on its own',
        group: 'Runs:',
      })
      .option('correlate', {
        type: 'string',
        array: true,
        describe: 'rank correlations of the ends of the runs with these numeric columns of --meta or --scalars',
        group: 'Runs:',
      })
      .option('name-column', { type: 'string', describe: 'column of --meta that names the runs (Run, Name, ID)', group: 'Runs:' })
      .option('output', {
        alias: 'o',
        type: 'string',
        describe: 'folder for trajectory.arrow, .csv, .parquet and the figures',
        group: 'Output:',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print a line of JSON a checkpoint', group: 'Output:' })
      .option('check', {
        type: 'boolean',
        default: false,
        describe:
          'exit code 1 when a layer of the last checkpoint does not pass what check asks: limits, a baseline, else the flags; with --watch each is judged when it comes',
        group: 'Limits:',
      })
      .option('watch', {
        type: 'boolean',
        default: false,
        describe: 'go on with checkpoints as they appear, a line of JSON each; Ctrl-C ends it',
        group: 'Running:',
      })
      .option('interval', { default: 2, describe: 'with --watch: seconds between two looks', group: 'Running:' })
      .option('count', { describe: 'with --watch: end after this many checkpoints', group: 'Running:' })
      .example("$0 track 'run/*.ckpt' -o trajectory", 'how every layer changes along a training')
      .example("$0 track 'run/*.ckpt' --watch", 'beside a training that runs')
      .example('$0 track sweep/*/ --meta sweep.csv --correlate lr -o sweep-results', 'trainings against their parameters'),
  async run(words) {
    if (words['output'] !== undefined) requireOwnFolder(words['output'] as string, 'series')
    const options = measuringOptionsOf(words)
    const seconds = numberOption(words, 'interval', 'seconds, 0.1 to 3600', (x) => x >= 0.1 && x <= 3600)!
    const most = numberOption(words, 'count', 'a whole number above 0', (x) => Number.isSafeInteger(x) && x > 0)
    if (most !== undefined && words['watch'] !== true) throw new UsageError('--count says when --watch ends; add --watch')
    const { parameters } = settingsOf(options)
    const gate = await askedGate(words)
    const paths = words['checkpoints'] as string[]
    const question = {
      groupBy: (words['group-by'] as string[] | undefined) ?? [],
      correlate: (words['correlate'] as string[] | undefined) ?? [],
    }
    const isAsked = words['runs'] === true || question.groupBy.length + question.correlate.length > 0
    const isSweep = isAsked || (words['watch'] !== true && (await areRuns(paths)))
    if (isSweep && words['watch'] === true)
      throw new UsageError('--watch follows one run; leave out --runs, --group-by and --correlate')
    return await withInterrupt(
      () => 'what has been written stays; the same command goes on from there',
      (signal) =>
        withRunFolder(words['output'] as string | undefined, async () => {
          const isWatching = words['watch'] === true
          const scalars = words['scalars'] as string | undefined
          const meta = words['meta'] as string | undefined
          const task = { by: words['by'] as CheckpointOrder | undefined, output: words['output'] as string | undefined }
          const json = words['json'] === true
          // What is judged may hold weights that are not finite: they are findings, as in check.
          const measuring = { ...options, skipNonFinite: options.skipNonFinite || gate !== undefined, signal, hash: true }
          if (isSweep) {
            const nameColumn = words['name-column'] as string | undefined
            const sweep = { ...task, ...question, scalars, parameters: meta, nameColumn, json }
            return await exitCode(gate, await trackSweep(await listInputs(paths), sweep, measuring, parameters), options)
          }
          if (scalars !== undefined && meta !== undefined)
            throw new UsageError('--scalars and --meta are both numbers beside the checkpoints of one run; give one table')
          const series = new CheckpointSeries(
            { ...task, scalars: scalars ?? meta, told: json || isWatching ? 'lines' : 'last' },
            measuring,
            parameters,
          )
          let code = 0
          for (let sizes = new Map<string, number>(); ; ) {
            const [found, seen] = await wholeFiles(words, isWatching ? sizes : undefined)
            sizes = seen
            const before = series.length
            await series.goOn(found)
            if (isWatching && series.length > before) code = await exitCode(gate, [series.last!], options)
            if (!isWatching || (most !== undefined && series.length >= most)) break
            await later(1000 * seconds, undefined, { signal })
          }
          const end = series.end()
          return isWatching ? code : await exitCode(gate, [end], options)
        }),
    )
  },
}

/** Options that say what --check holds the last checkpoint against. */
const gateWords = ['max-sparsity', 'min-entropy', 'min-orthogonality', 'baseline', 'tolerance', 'ignore', 'config'] as const

/** What the last checkpoint is held against; undefined where that is not asked for. @throws UsageError for limits without --check */
async function askedGate(words: Words): Promise<AskedGate | undefined> {
  if (words['check'] === true) return gateOf(words)
  const given = gateWords.find((name) => words[name] !== undefined)
  if (given !== undefined || words['flags'] === true)
    throw new UsageError(`--${given ?? 'flags'} says what the last checkpoint is held against; add --check`)
  return undefined
}

/** 1 where a layer does not pass. */
function exitCode(
  gate: AskedGate | undefined,
  ends: readonly MeasuredModel[],
  options: MeasuringOptions,
): Promise<number> | number {
  if (!gate) return 0
  const { baseline, tolerances, ...rules } = gate
  const models = ends.map(({ model }) => ({ model }))
  const layers = ends.flatMap((end) => end.layers)
  const skipped = ends.flatMap((end) => end.skipped ?? [])
  return withBaseline(baseline, options, async (before) => {
    const compared = before && (await baselineFindings({ models, layers: layersInMemory(layers) }, before, tolerances))
    const { found, judged, ignored, notes } = judgeByGate({ layers, skipped }, { ...rules, baseline: compared })
    for (const text of notes) warn(text)
    say(findingsText({ found, judged, ignored, failed: [], files: new Map() }))
    return found.length > 0 ? 1 : 0
  })
}

/** The checkpoints there are; those that are being watched only where they have not grown since the last look. */
async function wholeFiles(
  words: Words,
  before: Map<string, number> | undefined,
): Promise<[found: FoundInput[], sizes: Map<string, number>]> {
  const sizes = new Map<string, number>()
  let found: FoundInput[]
  try {
    found = await listInputs(words['checkpoints'] as string[])
  } catch (error) {
    if (before && error instanceof InputError) return [[], sizes] // nothing there yet
    throw error
  }
  for (const { location } of found) sizes.set(location, (await fileFacts(location))?.size ?? 0)
  return [before ? found.filter(({ location }) => before.get(location) === sizes.get(location)) : found, sizes]
}
