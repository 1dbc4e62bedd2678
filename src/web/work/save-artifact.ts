import { zipSync } from 'fflate'
import { finishArtifact } from '../../artifact/finish.ts'
import { recordRun } from '../../artifact/record.ts'
import { stageArtifact } from '../../artifact/staged.ts'
import { InputError } from '../../errors.ts'
import { memoryOutput } from '../../io/memory-folder.ts'
import { emptyFolder, memoryAccess } from '../../io/random-access.ts'
import type { Analysis } from '../../measure/model-row.ts'
import type { MeasureEvent } from '../../measure/run.ts'

/** An artifact as one zip, and the number to quote. */
export interface SavedArtifact {
  readonly zip: Uint8Array<ArrayBuffer>
  readonly resultsSha256: string
}

/** Writes the artifact of an analysis by the same code as the command line, into one uncompressed zip. */
export async function artifactZip(analysis: Analysis): Promise<SavedArtifact> {
  const folder = memoryOutput('results')
  const artifact = stageArtifact(folder)
  const record = await recordRun(toldAgain(analysis), { parameters: analysis.parameters, artifact })
  const resultsSha256 = await finishArtifact(artifact, record, {
    command: 'the filterlens page',
    finished: new Date().toISOString(),
    machine: { engine: navigator.userAgent, processors: navigator.hardwareConcurrency },
    license: 'https://creativecommons.org/publicdomain/zero/1.0/',
  })
  const entries = Object.fromEntries([...folder.files()].map(([path, bytes]) => [`results/${path}`, bytes]))
  // A fixed date: the zip of the same files is the same zip.
  const zip = zipSync(entries, { level: 0, mtime: '2022-06-19T00:00:00' })
  return { zip: new Uint8Array(zip), resultsSha256 }
}

/** The events of a finished run. */
async function* toldAgain(analysis: Analysis): AsyncGenerator<MeasureEvent> {
  const layers = new Map<string, MeasureEvent[]>()
  const inputOf = (path: string) => ({ path, access: memoryAccess(path, new Uint8Array()), folder: emptyFolder })
  for (const row of analysis.layers) {
    const list = layers.get(row.model) ?? []
    list.push({ kind: 'layer', row, input: inputOf(row.model), measured: true })
    layers.set(row.model, list)
  }
  for (const { file, problem } of analysis.failed) {
    yield { kind: 'failed', file, model: undefined, error: new InputError(file, problem) }
  }
  for (const row of analysis.models) {
    yield* layers.get(row.model) ?? []
    const skipped = analysis.skipped.filter((skip) => skip.model === row.model)
    yield { kind: 'model', row, input: inputOf(row.file), skipped, found: 0 }
  }
  for (const text of analysis.warnings) yield { kind: 'warning', text }
}
