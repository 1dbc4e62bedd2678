import { fileURLToPath } from 'node:url'
import open from 'open'
import { InputError } from '../errors.ts'
import type { Folder } from '../io/random-access.ts'
import { checkFiles, type FileCheck } from '../results/check-files.ts'
import type { Command } from './command.ts'
import { numberOption } from './measuring-options.ts'
import { isResultsPlace, withResultFiles } from './results-place.ts'
import { serve } from './serve.ts'
import { servedFiles } from './served-files.ts'
import { print, say } from './talk.ts'

/** The built page, beside the compiled sources. */
const webRoot = fileURLToPath(new URL('../../web/', import.meta.url))

export const viewCommand: Command = {
  options: (parser) =>
    parser
      .positional('inputs', { type: 'string', array: true, describe: 'model files, folders or a results folder' })
      .option('port', { default: 0, describe: 'port on 127.0.0.1; 0 takes any free one' })
      .option('open', { type: 'boolean', default: true, describe: 'open the browser (--no-open prints the address alone)' })
      .example('$0 view results', 'look around in the results of analyze -o')
      .example('$0 view net.onnx', 'one model'),
  async run(words) {
    const port = numberOption(
      words,
      'port',
      'a port number from 0 to 65535',
      (x) => Number.isSafeInteger(x) && x >= 0 && x < 65536,
    )
    const inputs = (words['inputs'] as string[] | undefined) ?? []
    const files = await servedFiles(inputs)
    for (const path of inputs) await requireUnchanged(path)
    const served = await serve({ webRoot, files, ...(port !== undefined && { port }) })
    print(served.url)
    say('Ctrl-C ends it')
    if (words['open'] !== false)
      await open(served.urlOnce).catch(() => say('no browser could be opened; open the address by hand'))
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve).once('SIGTERM', resolve)
    })
    await served.close()
    return 0
  },
}

/** @throws InputError for results of which a file is not what was written; the page checks what lies deeper when it reads it */
async function requireUnchanged(path: string): Promise<void> {
  if (!(await isResultsPlace(path))) return
  const work = (folder: Folder): Promise<FileCheck> => checkFiles(folder, path)
  const { problems } = await withResultFiles(path, work)
  if (problems.length > 0) throw new InputError(path, `${problems[0]}; filterlens verify tells all`)
}
