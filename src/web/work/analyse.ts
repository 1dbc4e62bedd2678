import { analyze } from '../../analyze.ts'
import { tableFiles } from '../../artifact/table-files.ts'
import { readResults } from '../../artifact/tables-read.ts'
import { UsageError } from '../../errors.ts'
import { findGivenInputs, folderOf, type GivenFile, givenFolder } from '../../inputs/given-inputs.ts'
import type { AnalysisEvent, DroppedResult } from './protocol.ts'

/** Results of earlier runs among dropped files: the folders that hold all three tables and no filters. */
function resultFolders(files: readonly GivenFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path))
  return [...new Set(files.map(({ path }) => folderOf(path)))].filter((folder) => {
    const has = (name: string): boolean => paths.has(folder === '' ? name : `${folder}/${name}`)
    return Object.values(tableFiles).every(has) && !has('filters.arrow')
  })
}

/** Measures what was dropped, and takes results of earlier runs as they are. A broken input does not stop the others. */
export async function analyseDropped(
  files: readonly GivenFile[],
  signal: AbortSignal,
  tell: (event: AnalysisEvent) => void,
): Promise<DroppedResult[]> {
  const folders = resultFolders(files)
  const finished: DroppedResult[] = []
  for (const folder of folders) {
    finished.push({ analysis: await readResults(givenFolder(files, folder), folder || 'results'), measured: false })
  }
  const rest = files.filter(({ path }) => !folders.some((folder) => folder === folderOf(path) || path.startsWith(`${folder}/`)))
  const inputs = await findGivenInputs(rest)
  signal.throwIfAborted()
  if (inputs.length === 0) {
    if (finished.length > 0) return finished
    throw new UsageError(files.length === 1 ? `${files[0]!.path}: is no model` : 'there is no model among these files')
  }
  let told = 0
  const analysis = await analyze(inputs, {
    keepGoing: true,
    signal,
    onProgress({ inputs: { done, total }, model, layer, filters }) {
      if (performance.now() - told < 60) return // a few times a second is all that eyes can follow
      told = performance.now()
      const share = done + (filters.total > 0 ? filters.done / filters.total : 0)
      tell({ done: share, total: total ?? done + 1, label: `${model}: ${layer}` })
    },
  })
  return [...finished, { analysis, measured: true }]
}
