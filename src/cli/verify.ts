import { checkFiles } from '../artifact/check-files.ts'
import { recompute } from '../artifact/recompute.ts'
import { readResults } from '../artifact/tables-read.ts'
import { diskFolder } from '../io/node.ts'
import { findInputs } from '../io/node-inputs.ts'
import type { LazyInput } from '../io/random-access.ts'
import { pc } from './colour.ts'
import type { Command } from './command.ts'
import { numberOf } from './measuring-options.ts'
import { openProgress } from './progress.ts'
import { print } from './talk.ts'
import { plural, printable } from './terminal.ts'

const MOST_SHOWN = 20

export const verifyCommand: Command = {
  options: (parser) =>
    parser
      .positional('results', { type: 'string', demandOption: true, describe: 'folder that analyze -o wrote' })
      .option('inputs', { type: 'string', array: true, describe: 'the models (or their folder) that were measured' })
      .option('sample', { type: 'number', describe: 'measure only this many of the inputs again' })
      .option('seed', { type: 'number', default: 0, describe: 'which ones' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('$0 verify results', 'has anything been changed since it was written?')
      .example('$0 verify results --inputs data', 'are these the numbers of these models?'),
  async run(words) {
    const name = words['results'] as string
    const folder = diskFolder(name)
    const files = await checkFiles(folder, name)
    const problems = [...files.problems]
    let layers = 0
    let lines: string[] = []
    if (words['inputs'] !== undefined && problems.length === 0) {
      const stored = await readResults(folder, name)
      const found = new Map<string, LazyInput>()
      for await (const input of findInputs(words['inputs'] as string[])) found.set(input.path, input)
      const sample = numberOf(words, 'sample', 'a whole number above 0', (x) => Number.isSafeInteger(x) && x > 0)
      const seed = numberOf(words, 'seed', 'a whole number', (x) => Number.isSafeInteger(x))
      const progress = openProgress()
      const again = await recompute(name, stored, async (path) => found.get(path)?.open(), {
        ...(sample !== undefined && { sample }),
        ...(seed !== undefined && { seed }),
        onProgress: (done, total, file) => progress.update(done, total, file),
      }).finally(() => progress.stop())
      layers = again.layers
      problems.push(...again.problems)
      lines = again.differences.map(
        (d) => `${d.table}, row ${d.row}, column ${d.column}: ${d.stored} in the artifact, ${d.recomputed} now`,
      )
    }
    const good = problems.length === 0 && lines.length === 0
    if (words['json'] === true) {
      print(
        JSON.stringify(
          {
            good,
            results_sha256: files.resultsSha256,
            files: files.entries.length,
            layers_recomputed: layers,
            problems,
            differences: lines,
          },
          null,
          2,
        ),
      )
      return good ? 0 : 1
    }
    for (const text of [...problems, ...lines].slice(0, MOST_SHOWN)) print(`${pc.red('✗')} ${printable(text)}`)
    const more = problems.length + lines.length - MOST_SHOWN
    if (more > 0) print(`  and ${plural(more, 'more difference', 'more differences')} (--json lists all)`)
    if (good) {
      print(
        `${pc.green('✓')} ${plural(files.entries.length, 'file')} as they were written  ·  results.sha256 ${files.resultsSha256}`,
      )
      if (layers > 0) print(`${pc.green('✓')} ${plural(layers, 'layer')} measured again: equal in every bit`)
    }
    return good ? 0 : 1
  },
}
