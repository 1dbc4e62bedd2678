import { analyze } from '../../analyze.ts'
import { UsageError } from '../../errors.ts'
import { findGivenInputs, type GivenFile } from '../../inputs/given-inputs.ts'
import { TRAJECTORY } from '../../results/track-files.ts'
import type { FoundSeries } from './dropped-series.ts'
import type { Earlier } from './earlier-results.ts'
import type { AnalysisEvent, Dropped, DroppedResult } from './protocol.ts'

/** Measures what was dropped, and takes results of earlier runs as they are. A broken input does not stop the others. */
export async function analyseDropped(
  files: readonly GivenFile[],
  signal: AbortSignal,
  emit: (event: AnalysisEvent) => void,
): Promise<Dropped> {
  // What reads results is loaded where a name suggests that some are there.
  const isZip = files.some(({ path, beside }) => !beside && /\.zip$/i.test(path))
  const tracked: FoundSeries =
    isZip || files.some(({ path }) => path.endsWith(TRAJECTORY))
      ? await (await import('./dropped-series.ts')).seriesAmong(files)
      : { series: [], rest: files, failed: [] }
  const { series } = tracked
  const maybe = tracked.rest.some(({ path, beside }) => !beside && /(^|\/)models\.arrow$|\.zip$/i.test(path))
  const { results, rest, failed }: Earlier = maybe
    ? await (await import('./earlier-results.ts')).earlierResults(tracked.rest)
    : { results: [], rest: tracked.rest, failed: [] }
  const inputs = await findGivenInputs(rest)
  signal.throwIfAborted()
  const failures = [...tracked.failed, ...failed, ...results.flatMap(({ analysis }) => analysis.failed)]
  if (inputs.length === 0) {
    if (results.length + series.length + failures.length > 0) return { results, series, failed: failures }
    throw new UsageError(files.length === 1 ? `${files[0]!.path}: is no model` : 'there is no model among these files')
  }
  let last = 0
  const analysis = await analyze(inputs, {
    keepGoing: true,
    skipNonFinite: true, // the model is shown, and which of its layers are broken
    signal,
    onProgress({ inputs: { done, total }, model, layer, filters }) {
      if (performance.now() - last < 60) return // a few times a second is all that eyes can follow
      last = performance.now()
      const share = done + (filters.total > 0 ? filters.done / filters.total : 0)
      emit({ done: share, total: total ?? done + 1, label: `${model}: ${layer}` })
    },
  })
  const measured: DroppedResult = {
    analysis,
    measured: true,
    pairs: [],
    groups: null,
    studies: null,
    held: null,
    firstFilters: [],
    table: null,
  }
  return { results: [...results, measured], series, failed: [...failures, ...analysis.failed] }
}
