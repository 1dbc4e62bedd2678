import { arch, availableParallelism, cpus, hostname, platform, totalmem } from 'node:os'
import { MOST_MODELS } from '../activation/first-filters.ts'
import { InputError } from '../errors.ts'
import type { FoundInput } from '../inputs/node-inputs.ts'
import { steadyInputs } from '../inputs/steady-inputs.ts'
import { diskFolder } from '../io/node.ts'
import type { Input, RandomAccess } from '../io/random-access.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import { layersInMemory, rowsInMemory, type SkippedRow, type StreamedRun } from '../measure/layer-source.ts'
import { type LayerIdentity, settingsOf } from '../measure/options.ts'
import { type MeasureEvent, measure } from '../measure/run.ts'
import { type CollectedRun, collectRun, openRunTables, requireLayers } from '../results/collect.ts'
import type { RunToExtend } from '../results/extend-run.ts'
import { finishResults } from '../results/finish.ts'
import { type Journal, openJournal } from '../results/journal.ts'
import { MANIFEST, parseManifest } from '../results/manifest.ts'
import { type StagedResults, stageResults } from '../results/staged.ts'
import { tableFiles } from '../results/table-files.ts'
import { version } from '../version.ts'
import { plural } from '../words.ts'
import { commandLine } from './command-line.ts'
import { identityOf } from './input-identity.ts'
import { Interrupted } from './interrupted.ts'
import type { MeasuringOptions } from './measuring-options.ts'
import { readMetaFile, type TableFile } from './meta-file.ts'
import { keepOldHeapSmall, MANY_LAYERS, MANY_MODELS } from './old-heap.ts'
import { requireOwnFolder } from './own-folder.ts'
import { openProgressBar, type ProgressBar } from './progress.ts'
import { holdInterrupt, withInterrupt } from './run-control.ts'
import { openRunFolder } from './run-folder.ts'
import { SpilledLayers } from './spilled-layers.ts'
import { say } from './talk.ts'
import { keepYoungHeapSmall } from './young-heap.ts'

/** What a measuring command asks for. */
export interface MeasuringTask {
  readonly inputs: readonly FoundInput[]
  readonly options: MeasuringOptions
  /** The meta table. */
  readonly meta?: TableFile | undefined
  /** Its column of model names; default: Name. */
  readonly nameColumn?: string | undefined
  /** Folder for the results. */
  readonly output?: string | undefined
  readonly resume: boolean
  /** Keeps the layers of all models in the record; default: of the first ones, so that memory stays flat. */
  readonly keepLayers: boolean
  /** Goes on when no layer could be measured; default: that is an error. */
  readonly mayBeEmpty?: boolean
  /** Called with each model and the input it came from. */
  readonly onModel?: (model: string, input: Input) => void
  /** Called with each layer as it is measured, and its input; layers of a model that fails later are among them. */
  readonly onLayer?: (row: LayerRow, input: Input) => void
  /** Called with the place of each input, and of each file on disk that weights are read from; several times with one. */
  readonly onFile?: (path: string) => void
  /** What is told of the inputs, where they are not measured here: read from the parts of a plan. */
  readonly events?: (run: { readonly signal: AbortSignal; readonly progress: ProgressBar }) => AsyncIterable<MeasureEvent>
  /** Facts about the run that go beside those of the machine. */
  readonly facts?: () => Readonly<Record<string, string | number>>
  /** Work between measuring and naming the results, which may add files. */
  readonly extend?: (measured: MeasuredInputs) => Promise<void>
}

/** What an extension works with. */
export interface MeasuredInputs {
  readonly run: RunToExtend
  readonly inputs: readonly FoundInput[]
  readonly results: StagedResults | undefined
  readonly signal: AbortSignal
  readonly progress: ProgressBar
}

/** What came of it. */
export interface Measured {
  readonly record: CollectedRun
  readonly seconds: number
  /** The number to quote; only with an output. */
  readonly resultsSha256?: string
}

/** Measures the inputs as the command line says, with a progress bar, and writes the results when a folder is given. */
export async function measureInputs(task: MeasuringTask): Promise<Measured> {
  const started = performance.now()
  const meta = await readMetaFile(task.meta, task.nameColumn)
  const { parameters } = settingsOf(task.options)
  const { output } = task
  const inputs = steadyInputs(task.inputs)
  if (output !== undefined) requireOwnFolder(output, 'results')
  for (const { location } of task.inputs) task.onFile?.(location)
  if (output !== undefined) holdInterrupt()
  const place = output === undefined ? undefined : await openRunFolder(output)
  const progress = openProgressBar()
  let journal: Journal | undefined
  let results: StagedResults | undefined
  let spilled: SpilledLayers | undefined
  try {
    journal = place && (await openJournal(place.journal, version, parameters))
    const resumed = task.resume ? journal : undefined
    if (resumed && resumed.found > 0) say(`continuing an interrupted run: ${plural(resumed.found, 'layer')} measured already`)
    results = place && stageResults(place.folder, await formerFiles(place.folder.name))
    const keyOf = ({ input, parts, model, layer_id, layer }: LayerIdentity) => {
      const identity = identityOf(input, parts)
      return identity === undefined ? undefined : { input: identity, model, layer_id, layer }
    }
    return await withInterrupt(
      () => consequence(journal),
      async (signal) => {
        const tables = results && (await openRunTables(results, parameters))
        const kept = tables || !task.extend ? undefined : new SpilledLayers(parameters)
        spilled = kept
        const left: SkippedRow[] = []
        let layersSeen = 0
        const events =
          task.events?.({ signal, progress }) ??
          measure(inputs, {
            ...task.options,
            hash: results !== undefined,
            signal,
            onProgress: ({ inputs: { done, total }, model, filters }) =>
              progress.update(done + filters.done / Math.max(1, filters.total), total ?? done + 1, model),
            ...(resumed &&
              resumed.found > 0 && {
                finished: (layer: LayerIdentity) => {
                  const key = keyOf(layer)
                  return key && resumed.find(key)
                },
              }),
          })
        const record = await collectRun(events, {
          parameters,
          meta,
          goesOn: task.options.keepGoing,
          ...(!task.keepLayers && { keepModels: MOST_MODELS }),
          onLayer: async ({ identity, row, narrowed, measured }) => {
            if (layersSeen++ % 64 === 0) keepYoungHeapSmall()
            if (layersSeen === MANY_LAYERS) keepOldHeapSmall()
            const key = keyOf(identity)
            task.onLayer?.(row, identity.input)
            if (task.onFile) tellFiles(identity, task.onFile)
            if (measured && key && !task.events) await journal?.add(key, { row, narrowed })
          },
          onModel: ({ row, input }) => {
            task.onModel?.(row.model, input)
          },
          onRow: async (row) => {
            await (tables?.layer(row) ?? kept?.add(row))
          },
          onSkipped: async (row) => {
            if (tables) await tables.skipped(row)
            else if (task.extend) left.push(row)
          },
        })
        if (task.mayBeEmpty !== true || record.models.length === 0) requireSomething(record)
        if (record.models.length > MANY_MODELS) keepOldHeapSmall()
        await tables?.finish(record)
        const rows = async () => ({ layers: (await kept?.source()) ?? layersInMemory([]), skipped: rowsInMemory(left) })
        await withTables(results, rows, (tables) => {
          const whole = async (): Promise<StreamedRun> => ({ ...record, ...(await tables()) })
          return task.extend?.({ run: { ...record, whole }, inputs, results, signal, progress })
        })
        const seconds = (performance.now() - started) / 1000
        if (!place || !results) return { record, seconds }
        await place.lock.requireHeld()
        const resultsSha256 = await finishResults(results, record, {
          command: commandLine(process.argv.slice(2)),
          finished: new Date().toISOString(),
          machine: { ...machineFacts(seconds), ...task.facts?.() },
          license: 'https://creativecommons.org/publicdomain/zero/1.0/',
        })
        await journal?.remove()
        return { record, seconds, resultsSha256 }
      },
    )
  } catch (error) {
    await results?.discard()
    if (!(error instanceof Interrupted) && journal && journal.held > 0) say(`what is measured is kept: ${consequence(journal)}`)
    throw mayGoOn(error, task) ? new InputError(error.file, `${error.problem}; --keep-going goes on with the others`) : error
  } finally {
    progress.stop()
    await spilled?.close()
    await place?.release()
  }
}

function tellFiles({ input, parts }: LayerIdentity, onFile: (path: string) => void): void {
  for (const whole of [input.access, ...parts])
    for (const { origin } of whole.parts ?? [whole]) if (origin?.at.kind === 'path') onFile(origin.at.path)
}

/** True for one broken file of several, when nobody has said what is to be done then. */
export function mayGoOn(error: unknown, { inputs, options }: Pick<MeasuringTask, 'inputs' | 'options'>): error is InputError {
  return (
    error instanceof InputError &&
    inputs.length > 1 &&
    !options.keepGoing &&
    inputs.some(({ path, location }) => error.file.startsWith(path) || error.file.startsWith(location))
  )
}

function consequence(journal: Journal | undefined): string {
  return journal && journal.held > 0 ? 'run the same command again to continue' : 'nothing was written'
}

/** @throws InputError when nothing was measured: the first failure, or what was found instead */
function requireSomething(record: CollectedRun): void {
  requireLayers(record)
  const [failure] = record.failed
  if (record.layerCount === 0 && failure) throw new InputError(failure.file, failure.problem)
}

/** Gives `work` what was measured and what was not, opened when it is asked for: from their tables where there are some. */
async function withTables(
  results: StagedResults | undefined,
  rows: () => Promise<Pick<StreamedRun, 'layers' | 'skipped'>>,
  work: (tables: () => Promise<Pick<StreamedRun, 'layers' | 'skipped'>>) => Promise<void> | undefined,
): Promise<void> {
  if (!results) return work(rows)
  const open: RandomAccess[] = []
  const openTable = async (file: string): Promise<RandomAccess> => {
    const access = await results.readBack(file)
    open.push(access)
    return access
  }
  try {
    let tables: Promise<Pick<StreamedRun, 'layers' | 'skipped'>> | undefined
    await work(() => {
      tables ??= import('../results/layer-table.ts').then(async ({ openLayerTable, openSkippedTable }) => ({
        layers: await openLayerTable(await openTable(tableFiles.layers)),
        skipped: await openSkippedTable(await openTable(tableFiles.skipped)),
      }))
      return tables
    })
  } finally {
    for (const access of open) await access.close?.()
  }
}

/** Files of the results that lie there now; a manifest that cannot be read names none. */
async function formerFiles(path: string): Promise<string[]> {
  const access = await diskFolder(path).open(MANIFEST)
  if (!access) return []
  try {
    return parseManifest(MANIFEST, new TextDecoder().decode(await access.read(0, access.byteLength))).map((entry) => entry.path)
  } catch (error) {
    if (error instanceof InputError) return []
    throw error
  } finally {
    await access.close?.()
  }
}

function machineFacts(seconds: number): Record<string, string | number | null> {
  return {
    host: hostname(),
    system: `${platform()} ${arch()}`,
    engine: `Node ${process.version}`,
    processor: cpus()[0]?.model ?? null,
    processors: availableParallelism(),
    memory_bytes: totalmem(),
    seconds: Math.round(seconds * 1000) / 1000,
  }
}
