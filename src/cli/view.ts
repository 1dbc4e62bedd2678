import { fileURLToPath } from 'node:url'
import open from 'open'
import type { Command } from './command.ts'
import { numberOption } from './measuring-options.ts'
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
    const files = await servedFiles((words['inputs'] as string[] | undefined) ?? [])
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
