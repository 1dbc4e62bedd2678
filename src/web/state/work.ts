import { folderOf, type GivenFile, openGiven } from '../../inputs/given-inputs.ts'
import { decodeText } from '../../io/text-file.ts'
import { sparseLimit } from '../../measure/layer-pass.ts'
import type { LayerRow } from '../../measure/layer-row.ts'
import { isOfTrack, TRAJECTORY } from '../../results/track-files.ts'
import { type PrincipalComponents, principalComponents, whyNoBasis } from '../../shift/principal-components.ts'
import { openWork, type Work } from '../tasks/client.ts'
import type { LayerInFiles } from '../tasks/protocol.ts'
import { startJob } from './jobs.ts'
import { addResult, type Loaded, metaTable, modelNamed, pairTable } from './models.ts'
import { go, route } from './route.ts'
import { addSeries } from './series.ts'

/** One worker measures, another answers what a view needs: opening a layer never waits for an analysis. */
export const measuring = openWork()
export const viewing = openWork()

/** Loads what measuring takes, so that it is at hand when something is dropped. */
export function prepareToMeasure(): void {
  prepare(measuring, [])
}

/** What goes wrong is told when it is needed. */
function prepare(work: Work, files: readonly GivenFile[]): void {
  work('prepare', { files }).catch(() => undefined)
}

/**
 * Measures what was dropped, and shows it: a single model is opened, two that came alone are shown side by side.
 * @returns the names of its models in the page; undefined when it held nothing that could be read
 */
export async function analyseFiles(
  files: readonly GivenFile[],
  options: { readonly stay?: boolean } = {},
): Promise<readonly string[] | undefined> {
  if (files.length === 0) return undefined
  const abort = new AbortController()
  const first = files[0]!.path
  const label =
    files.length === 1 ? first : first.includes('/') ? `${first.split('/')[0]}/` : `${first} and ${files.length - 1} more`
  const job = startJob(label, () => abort.abort())
  const errors: string[] = []
  const before = route.value
  let opened: readonly string[] | undefined
  try {
    const tracked = files.flatMap(({ path }) => (path.endsWith(TRAJECTORY) ? [folderOf(path)] : []))
    const rest: GivenFile[] = []
    for (const file of files) {
      if (file.beside || !/\.csv$/i.test(file.path) || isOfTrack(file.path, tracked)) rest.push(file)
      else {
        const problem = await takeTable(file)
        if (problem) errors.push(problem)
        else opened = []
      }
    }
    if (rest.length > 0) prepare(viewing, rest) // its layers are looked at next
    const { results, series, failed } =
      rest.length === 0
        ? { results: [], series: [], failed: [] }
        : await measuring(
            'analyze',
            { files: rest },
            { signal: abort.signal, onEvent: ({ done, total, label: doing }) => job.update({ done, total, doing }) },
          )
    const [at, awaited] = [route.value, !shown()]
    // Results and the file that they were measured from, dropped together, are one model.
    const names = [...new Set(results.flatMap((result) => addResult(result, result.measured ? rest : [])))]
    if (results.length > 0) opened = names
    if (series.length > 0) {
      addSeries(series)
      opened ??= []
    }
    for (const each of failed.map(({ file, problem }) => `${file}: ${problem}`)) errors.push(each)
    const already = shown() && (awaited || names.every((name) => name === at.a || name === at.b))
    if (options.stay || already || at !== before) {
      // the address says what is seen: it was kept, or someone went on to look at something else
    } else if (names.length === 1) go({ page: 'model', a: names[0]! })
    else if (names.length === 2) go({ page: 'compare', a: names[0]!, b: names[1]! })
    else if (names.length > 2) go({ page: 'models' })
    else if (series.length > 0) go({ page: 'series', q: { run: series[0]!.name } })
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'AbortError'))
      errors.push(error instanceof Error ? error.message : String(error))
  }
  if (errors.length > 0) job.update({ running: false, errors })
  else job.end()
  return opened
}

/** True when the models that the address names are here: an address that was kept shows its models as soon as they are dropped. */
function shown(): boolean {
  const { page, a, b } = route.value
  return (page === 'model' && modelNamed(a) !== undefined) || (page === 'compare' && [a, b].every((name) => modelNamed(name)))
}

/** Takes a CSV file as the meta table or the pairs, by its header. Returns what is wrong with it, or null. */
async function takeTable(file: GivenFile): Promise<string | null> {
  const { path } = file
  try {
    const [{ parseCsvTable }, { parseMeta }, { parsePairs }] = await Promise.all([
      import('../../analysis/csv-table.ts'),
      import('../../analysis/meta-table.ts'),
      import('../../analysis/pairs.ts'),
    ])
    const access = await openGiven(file)
    const text = decodeText(path, await access.read(0, access.byteLength))
    const columns = parseCsvTable(path, text).columns.map((column) => column.toLowerCase())
    if (columns.includes('robust') && columns.includes('normal')) pairTable.value = parsePairs(path, text)
    else metaTable.value = parseMeta(path, text)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The basis of a layer's scaled non-sparse filters, or null. */
export function basisOf(row: LayerRow): PrincipalComponents | null {
  return whyNoBasis(row.scaled) === null ? principalComponents(row.scaled) : null
}

/** Where a worker finds a layer's weights; null for results of an earlier run, which hold none. */
export function placeOf(model: Loaded, row: LayerRow): LayerInFiles | null {
  if (model.files.length === 0) return null
  return {
    drop: model.drop,
    files: model.files,
    input: model.row.file,
    model: model.ownName,
    layer: row.layer,
    layer_id: row.layer_id,
    facts: { ...sparseLimit(row.peak, model.parameters.threshold, model.parameters.profile), basis: basisOf(row) },
  }
}
