import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { arch, availableParallelism, cpus, hostname, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { finishArtifact } from '../artifact/finish.ts'
import { type LayerKey, openJournal } from '../artifact/journal.ts'
import { MANIFEST, parseManifest } from '../artifact/manifest.ts'
import { type RunRecord, recordRun } from '../artifact/record.ts'
import { type StagedArtifact, stageArtifact } from '../artifact/staged.ts'
import { InputError } from '../errors.ts'
import type { FoundInput } from '../io/node-inputs.ts'
import type { Input } from '../io/random-access.ts'
import { describeCensus } from '../measure/census.ts'
import type { LayerRow } from '../measure/layer-row.ts'
import type { Analysis } from '../measure/model-row.ts'
import { type LayerIdentity, settingsOf } from '../measure/options.ts'
import { measure } from '../measure/run.ts'
import { version } from '../version.ts'
import { journalFile } from './journal-file.ts'
import type { MeasuringOptions } from './measuring-options.ts'
import { readMetaFile } from './meta-file.ts'
import { openProgress, type Progress } from './progress.ts'
import { openOutput, withInterrupt } from './run-control.ts'
import { say } from './talk.ts'
import { plural } from './terminal.ts'

/** What a measuring command asks for. */
export interface MeasuringTask {
  readonly inputs: readonly FoundInput[]
  readonly options: MeasuringOptions
  /** Path of the meta table. */
  readonly meta?: string | undefined
  /** Folder for the results. */
  readonly output?: string | undefined
  readonly resume: boolean
  /** Told which input a model came from. */
  readonly onModel?: (model: string, input: Input) => void
  /** Work between measuring and naming the results: it is given every layer with its statistics, and may add files. */
  readonly extend?: (analysis: Analysis, run: RunContext) => Promise<void>
}

/** What an extension works with. */
export interface RunContext {
  readonly inputs: readonly FoundInput[]
  readonly artifact: StagedArtifact | undefined
  readonly signal: AbortSignal
  readonly progress: Progress
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
  const meta = task.meta === undefined ? undefined : await readMetaFile(task.meta)
  const { parameters } = settingsOf(task.options)
  const { inputs } = task
  const output = task.output === undefined ? undefined : await openOutput(task.output)
  const journal = output && (await openJournal(journalFile(join(output.folder.name, JOURNAL)), version, parameters))
  const resumed = task.resume ? journal : undefined
  if (resumed && resumed.found > 0) say(`continuing an interrupted run: ${plural(resumed.found, 'layer')} measured already`)
  const artifact = output && stageArtifact(output.folder, await formerFiles(output.folder.name))
  const progress = openProgress()
  const keys = new LayerKeys()
  const rows: LayerRow[] = []
  const consequence = journal ? 'run the same command again to continue' : 'nothing was written'
  let interrupted = false
  try {
    return await withInterrupt(consequence, async (signal) => {
      signal.addEventListener('abort', () => (interrupted = true))
      const events = measure(inputs, {
        ...task.options,
        hash: artifact !== undefined,
        signal,
        onProgress: ({ inputs: { done, total }, model, filters }) =>
          progress.update(done + filters.done / Math.max(1, filters.total), total ?? done + 1, model),
        ...(resumed && { finished: (layer: LayerIdentity) => resumed.find(keys.of(layer)) }),
      })
      const record = await recordRun(events, {
        parameters,
        artifact,
        meta,
        onModel: ({ row, input }) => task.onModel?.(row.model, input),
        onLayer: async ({ row, input, measured }) => {
          if (task.extend) rows.push(row)
          if (measured) await journal?.add(keys.of({ input, model: row.model, layer_id: row.layer_id, layer: row.layer }), row)
        },
      })
      requireLayers(record)
      const kept = new Set(record.models.map(({ model }) => model))
      await task.extend?.(
        { ...record, layers: rows.filter(({ model }) => kept.has(model)) },
        { inputs, artifact, signal, progress },
      )
      const seconds = (performance.now() - started) / 1000
      if (!artifact) return { record, seconds }
      const resultsSha256 = await finishArtifact(artifact, record, {
        command: `filterlens ${process.argv.slice(2).join(' ')}`,
        finished: new Date().toISOString(),
        machine: machineFacts(seconds),
        license: 'https://creativecommons.org/publicdomain/zero/1.0/',
      })
      await journal?.remove()
      return { record, seconds, resultsSha256 }
    })
  } catch (error) {
    await artifact?.discard()
    if (!interrupted) await journal?.remove()
    await output?.removeIfEmpty()
    throw error
  } finally {
    progress.stop()
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
