import { extract } from '../extract.ts'
import { listInputs } from '../inputs/node-inputs.ts'
import { count, plural } from '../words.ts'
import type { Command } from './command.ts'
import { numberOption } from './measuring-options.ts'
import { namedTable, readMetaFile } from './meta-file.ts'
import { requireOwnFolder } from './own-folder.ts'
import { openProgressBar } from './progress.ts'
import { holdInterrupt, withInterrupt } from './run-control.ts'
import { openRunFolder } from './run-folder.ts'
import { complain, print, say, warn } from './talk.ts'
import { wrapped } from './terminal.ts'

export const extractCommand: Command = {
  options: (parser) =>
    parser
      .positional('inputs', { type: 'string', array: true, demandOption: true, describe: 'model files, folders or globs' })
      .option('output', {
        alias: 'o',
        type: 'string',
        demandOption: true,
        describe: 'folder for filters.arrow, layers.arrow and models.arrow',
      })
      .option('meta', {
        type: 'string',
        describe: 'CSV about the models; its column Name holds their file names without the ending',
      })
      .option('name-column', { type: 'string', describe: 'the column of --meta that holds the names (default: Name)' })
      .option('sparse-column', {
        type: 'boolean',
        default: false,
        describe: 'a column sparse_ids in layers.arrow: which filters are sparse',
      })
      .option('threshold', {
        default: 0.01,
        describe: "with --sparse-column: a filter is sparse when its largest weight is at most this share of the layer's largest",
      })
      .option('skip-non-finite', {
        type: 'boolean',
        default: false,
        describe: 'leave out (and list) layers that hold NaN or infinity',
      })
      .option('keep-going', {
        type: 'boolean',
        default: false,
        describe: 'finish the other inputs when one is broken; exit code 1',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('$0 extract models/ -o db', 'then: filterlens analyze db'),
  async run(words) {
    const output = words['output'] as string
    requireOwnFolder(output, 'database')
    const meta = await readMetaFile(namedTable(words['meta']), words['name-column'] as string | undefined)
    const inputs = await listInputs(words['inputs'] as string[])
    const threshold = numberOption(words, 'threshold', 'a number from 0 to 1', (x) => x >= 0 && x <= 1)!
    const started = performance.now()
    holdInterrupt()
    const place = await openRunFolder(output)
    const progress = openProgressBar()
    const result = await withInterrupt(
      () => 'nothing was written',
      (signal) =>
        extract(inputs, place.folder, {
          ...(meta && { meta }),
          ...(words['sparse-column'] === true && { sparseThreshold: threshold }),
          skipNonFinite: words['skip-non-finite'] === true,
          keepGoing: words['keep-going'] === true,
          signal,
          onProgress: ({ inputs: { done, total }, filters, model }) =>
            progress.update(done + filters.done / Math.max(1, filters.total), total ?? done + 1, model),
        }),
    ).finally(async () => {
      progress.stop()
      await place.release()
    })
    for (const text of result.warnings) warn(text)
    for (const { file, problem } of result.failed) complain(`${file}: ${problem}`)
    const seconds = (performance.now() - started) / 1000
    if (words['json'] === true) print(JSON.stringify({ output, ...result }, null, 2))
    else {
      const left =
        result.skipped.length > 0
          ? `; ${count(result.skipped.length)} convolutions or tensors left out (filterlens inspect lists them)`
          : ''
      print(
        wrapped(
          `${output}: ${plural(result.filters, 'filter')} of ${plural(result.layers, 'layer')} in ${plural(result.models, 'model')}${left}`,
          '  ',
        ),
      )
      say(`${seconds.toFixed(2)} s  ·  filterlens analyze ${output}`)
    }
    return result.failed.length > 0 ? 1 : 0
  },
}
