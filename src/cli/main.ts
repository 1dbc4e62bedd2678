#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { isPlainError, UsageError } from '../errors.ts'
import { commands } from './commands.ts'
import { complain } from './talk.ts'

const version = (JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string })
  .version

/** Parses a command line and runs its command. @returns the exit code: 0 done, 1 done with findings or failures, 2 bad input or usage */
export async function main(words: readonly string[]): Promise<number> {
  let code = 0
  const parser = yargs([...words])
    .scriptName('filterlens')
    .usage(
      '$0 <command>\n\nLooks at convolutional networks through their 3×3 filters: sparsity, variance entropy, orthogonality.',
    )
    .version(version)
    .alias('h', 'help')
    .strict()
    .recommendCommands()
    .demandCommand(1, 'name a command: filterlens analyze model.onnx')
    .parserConfiguration({ 'camel-case-expansion': false, 'duplicate-arguments-array': false, 'boolean-negation': true })
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new UsageError(message.split('\n')[0]!)
    })
    .epilogue(
      'Exit codes: 0 done, 1 done but something was found or left out, 2 bad input. Every command has --help with examples.',
    )
  for (const command of commands) {
    parser.command(
      command.usage,
      command.summary,
      (y) => command.options(y),
      async (argv) => {
        code = await command.run(argv)
      },
    )
  }
  await parser.parseAsync()
  return code
}

/** A reader that went away (`filterlens … | head`) is no failure of ours; a full disk behind `>` is. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  complain(`standard output: ${error.code === 'ENOSPC' ? 'the disk is full' : error.message}`)
  process.exit(2)
})
process.stderr.on('error', () => process.exit(2))

try {
  process.exitCode = await main(hideBin(process.argv))
} catch (error) {
  if (isPlainError(error)) complain(error.message)
  else
    complain(
      `this is a fault of filterlens, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    )
  process.exitCode = 2
}
