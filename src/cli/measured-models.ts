import { isAbsolute, relative, sep } from 'node:path'
import { listInputs } from '../inputs/node-inputs.ts'
import { inMemory, type StreamedRun, streamed } from '../measure/layer-source.ts'
import type { CollectedRun } from '../results/collect.ts'
import { withRun } from '../results/tables-read.ts'
import { measureInputs } from './measuring.ts'
import type { MeasuringOptions } from './measuring-options.ts'
import { isResultsPlace, withResults } from './results-place.ts'

/**
 * The models of a baseline for as long as `work` takes: results are read from their tables, models are measured; `onFile` hears of
 * the models' files.
 */
export async function withBaseline<T>(
  path: string | undefined,
  options: MeasuringOptions,
  work: (before: StreamedRun | undefined) => Promise<T>,
  onFile?: (path: string) => void,
): Promise<T> {
  if (path === undefined) return work(undefined)
  if (await isResultsPlace(path)) return withResults(path, (folder) => withRun(folder, path, work))
  const { compared: before } = await measuredModels([path], options, inMemory, onFile)
  return work(before && streamed(before))
}

/** Models that were measured to be judged. */
export interface MeasuredModels<Compared> {
  /** Layers without their statistics, which are most of their bytes. */
  readonly analysis: CollectedRun
  /** What `compare` gave. */
  readonly compared: Compared | undefined
  readonly files: ReadonlyMap<string, string>
  readonly seconds: number
}

/** Measures what paths stand for; `compare` has the layers with their statistics, `onFile` hears of each file. @throws InputError */
export async function measuredModels<Compared>(
  paths: readonly string[],
  options: MeasuringOptions,
  compare: ((run: StreamedRun) => Promise<Compared>) | undefined,
  onFile?: (path: string) => void,
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
    ...(onFile && { onFile }),
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
