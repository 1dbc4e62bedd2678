import { randomInt } from 'node:crypto'
import { UsageError } from '../errors.ts'
import { listInputs } from '../inputs/node-inputs.ts'
import { type Verdict, verifyResults } from '../results/verify.ts'
import { plural } from '../words.ts'
import { pc } from './colour.ts'
import type { Command, Words } from './command.ts'
import { numberOption } from './measuring-options.ts'
import { namedTable, readMetaFile, readPairTable } from './meta-file.ts'
import { openProgressBar } from './progress.ts'
import { withResultFiles } from './results-place.ts'
import { occupied, withInterrupt } from './run-control.ts'
import { print } from './talk.ts'
import { printable, wrapped } from './terminal.ts'

const MOST_SHOWN = 20

export const verifyCommand: Command = {
  options: (parser) =>
    parser
      .positional('results', { type: 'string', demandOption: true, describe: 'folder that analyze -o wrote, or its zip' })
      .option('expect', { type: 'string', describe: 'the number that was quoted: what results.sha256 must hold' })
      .option('inputs', { type: 'string', array: true, describe: 'the models (or their folder) that were measured' })
      .option('meta', { type: 'string', describe: 'the CSV about the models that analyze was given' })
      .option('name-column', { type: 'string', describe: 'its column of model names (default: Name)' })
      .option('pairs', { type: 'string', describe: 'the CSV of pairs that analyze was given' })
      .option('sample', { describe: 'measure only this many of the inputs again' })
      .option('seed', { describe: 'which ones (default: drawn anew, and printed)' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example(
        '$0 verify results --expect 27c6…',
        'is this what was quoted, unchanged since, and does it follow from its tables?',
      )
      .example(
        '$0 verify results --inputs data --meta data/meta.csv --pairs data/pairs.csv',
        'are these the numbers of these models?',
      ),
  async run(words) {
    const name = words['results'] as string
    const expect = expected(words)
    const sample = numberOption(words, 'sample', 'a whole number above 0', (x) => Number.isSafeInteger(x) && x > 0)
    const seed = numberOption(words, 'seed', 'a whole number', (x) => Number.isSafeInteger(x)) ?? randomInt(0x7fffffff)
    const given = words['inputs'] as string[] | undefined
    if (sample !== undefined && !given) throw new UsageError('--sample needs --inputs: the models, or their folder')
    const progress = openProgressBar()
    const verdict = await withInterrupt(
      () => 'nothing was changed',
      async (signal) => {
        const meta = await readMetaFile(namedTable(words['meta']), words['name-column'] as string | undefined)
        const pairsFile = namedTable(words['pairs'])
        const pairs = pairsFile && (await readPairTable(pairsFile))
        const inputs = given && (await listInputs(given))
        return withResultFiles(name, (folder) =>
          verifyResults(folder, name, {
            expect,
            meta,
            pairs,
            inputs,
            sample,
            seed,
            signal,
            occupied,
            onProgress: (done, total, label) => progress.update(done, total, label),
          }),
        )
      },
    ).finally(() => progress.stop())
    const good = verdict.problems.length === 0 && verdict.differences.length === 0
    const drawn = sample === undefined ? undefined : seed
    if (words['json'] === true) print(JSON.stringify(jsonOf(verdict, good, drawn), null, 2))
    else show(verdict, good, drawn)
    return good ? 0 : 1
  },
}

/** The number that results must have. @throws UsageError for what is none */
function expected(words: Words): string | undefined {
  const text = words['expect'] as string | undefined
  const number = text
    ?.trim()
    .toLowerCase()
    .replace(/^sha256:/, '')
  if (number !== undefined && !/^[0-9a-f]{64}$/.test(number))
    throw new UsageError(`--expect ${text}: give the 64 hexadecimal digits of results.sha256`)
  return number
}

function jsonOf(verdict: Verdict, good: boolean, seed: number | undefined): Record<string, unknown> {
  return {
    good,
    results_sha256: verdict.resultsSha256,
    files: verdict.files,
    files_derived: verdict.derived,
    layers_recomputed: verdict.layers,
    files_remade: verdict.remade,
    files_remade_from_unchecked_tables: verdict.remadeAsTold,
    ...(seed !== undefined && { seed }),
    problems: verdict.problems,
    differences: verdict.differences,
    not_compared: verdict.notCompared,
  }
}

function show(verdict: Verdict, good: boolean, seed: number | undefined): void {
  const { resultsSha256, files, derived, layers, remade, remadeAsTold, problems, differences, notCompared } = verdict
  const lines = differences.map(
    (d) => `${d.table}, row ${d.row}, column ${d.column}: ${d.stored} in the results, ${d.recomputed} now`,
  )
  const wrong = problems.concat(lines)
  for (const text of wrong.slice(0, MOST_SHOWN)) print(wrapped(`${pc.red('✗')} ${printable(text)}`, '  '))
  const more = wrong.length - MOST_SHOWN
  if (more > 0) print(`  and ${plural(more, 'more difference', 'more differences')} (--json lists the first thousand)`)
  if (good) {
    const done = (text: string): void => print(wrapped(`${pc.green('✓')} ${text}`, '  '))
    done(`${plural(files, 'file')} as they were written  ·  results.sha256 ${resultsSha256}`)
    if (derived > 0) done(`${plural(derived, 'file')} that follow from the layer table: made again, equal`)
    if (layers > 0) done(`${plural(layers, 'layer')} measured again: equal in every bit`)
    if (remade > 0) done(`${plural(remade, 'file')} made again from the inputs: equal in every byte`)
    if (remadeAsTold > 0)
      done(
        `${plural(remadeAsTold, 'file')} made again from the inputs and from tables that are not compared: equal in every byte`,
      )
  }
  if (seed !== undefined) print(`  the sample: --seed ${seed} draws it again`)
  if (notCompared.length > 0)
    print(`not compared:\n${notCompared.map((text) => wrapped(`  - ${printable(text)}`, '    ')).join('\n')}`)
}
