import { InputError, UsageError } from '../errors.ts'
import { checkFiles } from '../results/check-files.ts'
import { packResults } from '../results/pack.ts'
import { plural } from '../words.ts'
import type { Command } from './command.ts'
import { createOutput, placeOutput, requireFile, requireNoInput } from './output-file.ts'
import { withResultFiles } from './results-place.ts'
import { print } from './talk.ts'

export const packCommand: Command = {
  options: (parser) =>
    parser
      .positional('results', { type: 'string', demandOption: true, describe: 'folder that analyze -o wrote' })
      .option('output', { alias: 'o', type: 'string', default: 'results.zip', describe: 'the zip' })
      .example('$0 pack results -o results.zip', 'then: filterlens verify results.zip'),
  async run(words) {
    const name = words['results'] as string
    const output = words['output'] as string
    if (!/\.zip$/i.test(output)) throw new UsageError(`-o ${output}: give a name that ends in .zip`)
    const place = requireFile(await placeOutput(output, '-o'))
    await requireNoInput([place], [name])
    return withResultFiles(name, async (folder) => {
      const { entries, problems, resultsSha256 } = await checkFiles(folder, name)
      if (problems.length > 0)
        throw new InputError(name, `${problems[0]}; filterlens verify lists them all, and only what is whole is packed`)
      const sink = await createOutput(place)
      try {
        await packResults(
          folder,
          name,
          entries.map(({ path }) => path),
          sink,
        )
        await sink.commit()
      } catch (error) {
        await sink.discard()
        throw error
      }
      print(`${output}: ${plural(entries.length, 'file')}  ·  results.sha256 ${resultsSha256}`)
      return 0
    })
  },
}
