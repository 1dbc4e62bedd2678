import { UsageError } from '../errors.ts'
import { listInputs } from '../inputs/node-inputs.ts'
import type { Folder } from '../io/random-access.ts'
import { checkFiles } from '../results/check-files.ts'
import type { Difference } from '../results/compare-rows.ts'
import type { ManifestEntry } from '../results/manifest.ts'
import { recompute, requireSameModule } from '../results/recompute.ts'
import { remake } from '../results/remake.ts'
import { readResults } from '../results/tables-read.ts'
import { plural } from '../words.ts'
import { pc } from './colour.ts'
import type { Command } from './command.ts'
import { numberOption } from './measuring-options.ts'
import { openProgressBar } from './progress.ts'
import { withResults } from './results-place.ts'
import { withInterrupt } from './run-control.ts'
import { print } from './talk.ts'
import { printable } from './terminal.ts'

const MOST_SHOWN = 20

export const verifyCommand: Command = {
  options: (parser) =>
    parser
      .positional('results', { type: 'string', demandOption: true, describe: 'folder that analyze -o wrote, or its zip' })
      .option('inputs', { type: 'string', array: true, describe: 'the models (or their folder) that were measured' })
      .option('sample', { describe: 'measure only this many of the inputs again' })
      .option('seed', { default: 0, describe: 'which ones' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('$0 verify results', 'has anything been changed since it was written?')
      .example('$0 verify results --inputs data', 'are these the numbers of these models?'),
  async run(words) {
    const name = words['results'] as string
    const sample = numberOption(words, 'sample', 'a whole number above 0', (x) => Number.isSafeInteger(x) && x > 0)
    const seed = numberOption(words, 'seed', 'a whole number', (x) => Number.isSafeInteger(x))
    const given = words['inputs'] as string[] | undefined
    if (sample !== undefined && !given) throw new UsageError('--sample needs --inputs: the models, or their folder')
    const verdict = await withResults(name, async (folder): Promise<Verdict> => {
      const { problems, entries, resultsSha256 } = await checkFiles(folder, name)
      const files = { files: entries.length, resultsSha256 }
      if (!given || problems.length > 0) return { ...files, ...nothing, problems }
      return { ...files, ...(await measureAgain(folder, name, entries, given, { sample, seed })) }
    })
    const good = verdict.problems.length === 0 && verdict.differences.length === 0
    if (words['json'] === true) print(JSON.stringify(jsonOf(verdict, good), null, 2))
    else show(verdict, good)
    return good ? 0 : 1
  },
}

/** What the hashes and the inputs say of results. */
interface Verdict {
  readonly resultsSha256: string
  readonly files: number
  readonly layers: number
  /** Files that were made again with the same bytes. */
  readonly remade: number
  readonly problems: readonly string[]
  readonly differences: readonly Difference[]
  readonly notes: readonly string[]
}

const nothing = { layers: 0, remade: 0, differences: [], notes: [] }

async function measureAgain(
  folder: Folder,
  name: string,
  entries: readonly ManifestEntry[],
  given: readonly string[],
  { sample, seed }: { sample: number | undefined; seed: number | undefined },
): Promise<Pick<Verdict, 'layers' | 'remade' | 'problems' | 'differences' | 'notes'>> {
  const stored = await readResults(folder, name)
  requireSameModule(name, stored)
  const progress = openProgressBar()
  const onProgress = (done: number, total: number, label: string): void => progress.update(done, total, label)
  try {
    return await withInterrupt(
      () => 'nothing was changed',
      async (signal) => {
        const options = { ...(sample !== undefined && { sample }), ...(seed !== undefined && { seed }), signal, onProgress }
        const again = await recompute(name, stored, await listInputs(given), options)
        const { layers, problems, differences } = again
        if (!again.isWhole || differences.length > 0) return { layers, remade: 0, problems, differences, notes: [] }
        const made = await remake({ folder, name, stored, entries, inputs: again.inputs, signal, onProgress })
        return { layers, remade: made.equal, problems, differences: made.differences, notes: made.notes }
      },
    )
  } finally {
    progress.stop()
  }
}

function jsonOf(verdict: Verdict, good: boolean): Record<string, unknown> {
  const { resultsSha256, files, layers, remade, problems, differences, notes } = verdict
  return {
    good,
    results_sha256: resultsSha256,
    files,
    layers_recomputed: layers,
    files_remade: remade,
    problems,
    differences,
    notes,
  }
}

function show({ resultsSha256, files, layers, remade, problems, differences, notes }: Verdict, good: boolean): void {
  const lines = differences.map(
    (d) => `${d.table}, row ${d.row}, column ${d.column}: ${d.stored} in the results, ${d.recomputed} now`,
  )
  const wrong = [...problems, ...lines]
  for (const text of wrong.slice(0, MOST_SHOWN)) print(`${pc.red('✗')} ${printable(text)}`)
  const more = wrong.length - MOST_SHOWN
  if (more > 0) print(`  and ${plural(more, 'more difference', 'more differences')} (--json lists all)`)
  if (good) {
    print(`${pc.green('✓')} ${plural(files, 'file')} as they were written  ·  results.sha256 ${resultsSha256}`)
    if (layers > 0) print(`${pc.green('✓')} ${plural(layers, 'layer')} measured again: equal in every bit`)
    if (remade > 0) print(`${pc.green('✓')} ${plural(remade, 'file')} made again: equal in every byte`)
  }
  for (const text of notes) print(`  ${printable(text)}`)
}
