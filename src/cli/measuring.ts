import { statSync } from 'node:fs'
import { mkdir, readFile, rmdir } from 'node:fs/promises'
import { arch, availableParallelism, cpus, hostname, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { type MetaTable, parseMeta } from '../analysis/meta-table.ts'
import { finishArtifact } from '../artifact/finish.ts'
import { type LayerKey, openJournal } from '../artifact/journal.ts'
import { MANIFEST, parseManifest } from '../artifact/manifest.ts'
import { type RunRecord, recordRun } from '../artifact/record.ts'
import { stageArtifact } from '../artifact/staged.ts'
import { InputError } from '../errors.ts'
import { fileProblem, outputFolder } from '../io/node.ts'
import { findInputs } from '../io/node-inputs.ts'
import { journalFile } from '../io/node-journal.ts'
import type { Input } from '../io/random-access.ts'
import { describeCensus } from '../measure/census.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import type { LayerIdentity } from '../measure/options.ts'
import { settingsOf } from '../measure/options.ts'
import { measure } from '../measure/run.ts'
import { version } from '../version.ts'
import type { MeasuringOptions } from './measuring-options.ts'
import { openProgress } from './progress.ts'
import { say } from './talk.ts'
import { plural } from './terminal.ts'

/** What a measuring command asks for. */
export interface MeasuringTask {
  readonly inputs: readonly string[]
  readonly options: MeasuringOptions
  /** Path of the meta table. */
  readonly meta?: string | undefined
  /** Folder for the results. */
  readonly output?: string | undefined
  readonly resume: boolean
  /** Told every layer with its statistics. */
  readonly onLayer?: (row: LayerRow) => void
}

/** What came of it. */
export interface Measured {
  readonly record: RunRecord
  readonly seconds: number
  /** The number to quote; only with an output. */
  readonly resultsSha256?: string
}

const JOURNAL = '.filterlens-journal'

/** Measures the inputs as the command line says, with a progress bar, and writes the results when a folder is given. */
export async function measureInputs(task: MeasuringTask): Promise<Measured> {
  const started = performance.now()
  const meta = task.meta === undefined ? undefined : await readMeta(task.meta)
  const { parameters } = settingsOf(task.options)
  const folder = task.output === undefined ? undefined : await openOutput(task.output)
  const journal = folder && (await openJournal(journalFile(join(folder.name, JOURNAL)), version, parameters))
  const resumed = task.resume ? journal : undefined
  if (resumed && resumed.found > 0) say(`continuing an interrupted run: ${plural(resumed.found, 'layer')} measured already`)
  const artifact = folder && stageArtifact(folder, await formerFiles(folder.name))
  const interrupted = new AbortController()
  const onSignal = (): void =>
    interrupted.abort(new InputError('interrupted', journal ? 'run the same command again to continue' : 'nothing was written'))
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const progress = openProgress()
  const keys = new LayerKeys()
  try {
    const inputs = await collect(findInputs(task.inputs))
    const events = measure(inputs, {
      ...task.options,
      hash: artifact !== undefined,
      signal: interrupted.signal,
      onProgress: ({ inputs: { done, total }, model, filters }) =>
        progress.update(done + filters.done / Math.max(1, filters.total), total ?? done + 1, model),
      ...(resumed && { finished: (layer: LayerIdentity) => resumed.find(keys.of(layer)) }),
    })
    const record = await recordRun(events, {
      parameters,
      artifact,
      meta,
      onLayer: async ({ row, input, measured }) => {
        task.onLayer?.(row)
        if (measured) await journal?.add(keys.of({ input, model: row.model, layer_id: row.layer_id, layer: row.layer }), row)
      },
    })
    const seconds = (performance.now() - started) / 1000
    if (!artifact || record.layers.length === 0) {
      await artifact?.discard()
      return { record, seconds }
    }
    const resultsSha256 = await finishArtifact(artifact, record, {
      command: `filterlens ${process.argv.slice(2).join(' ')}`,
      finished: new Date().toISOString(),
      machine: machineFacts(seconds),
      license: 'https://creativecommons.org/publicdomain/zero/1.0/',
    })
    await journal?.remove()
    return { record, seconds, resultsSha256 }
  } catch (error) {
    await artifact?.discard()
    if (!interrupted.signal.aborted) await journal?.remove()
    if (folder) await rmdir(folder.name).catch(() => undefined) // only an empty one goes
    throw error
  } finally {
    progress.stop()
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

/** @throws InputError when nothing was measured and nothing failed: what was found instead, and why it was left out */
export function requireLayers(record: RunRecord): void {
  if (record.layers.length > 0) return
  const [failure] = record.failed
  if (failure && record.models.length === 0) throw new InputError(failure.file, failure.problem)
  const file = record.models.length === 1 ? record.models[0]!.file : plural(record.models.length, 'model')
  throw new InputError(file, `no layer to measure: ${describeCensus(record.found, record.skipped)}`)
}

/** Paths only: a folder of ten thousand models is listed before the first is opened, so that names are settled and progress is known. */
async function collect<T>(found: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of found) all.push(one)
  return all
}

async function readMeta(path: string): Promise<MetaTable> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new InputError(path, fileProblem(error), { cause: error })
  })
  return parseMeta(path, text)
}

async function openOutput(path: string): Promise<ReturnType<typeof outputFolder>> {
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw new InputError(path, fileProblem(error), { cause: error })
  })
  return outputFolder(path)
}

/** Files of the results that lie there now; a manifest that cannot be read names none. */
async function formerFiles(path: string): Promise<string[]> {
  const text = await readFile(join(path, MANIFEST), 'utf8').catch(() => '')
  try {
    return parseManifest(MANIFEST, text === '' ? '' : text).map((entry) => entry.path)
  } catch (error) {
    if (error instanceof InputError) return []
    throw error
  }
}

/** Names layers across runs: by their file's path, size and time of change. */
class LayerKeys {
  readonly #files = new Map<Input, string>()

  of({ input, model, layer_id, layer }: LayerIdentity): LayerKey {
    let file = this.#files.get(input)
    if (file === undefined) {
      const at = input.access.origin?.at
      const changed = at?.kind === 'path' ? statSync(at.path, { throwIfNoEntry: false })?.mtimeMs : undefined
      file = `${input.path} ${input.access.byteLength} ${changed ?? ''}`
      this.#files.set(input, file)
    }
    return { input: file, model, layer_id, layer }
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
