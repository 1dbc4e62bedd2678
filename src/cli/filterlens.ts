#!/usr/bin/env node
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { isPlainError, UsageError } from '../errors.ts'
import { version } from '../version.ts'
import { commands } from './commands.ts'
import { requireValues, requireWholeOptions, withNames } from './given-options.ts'
import { Interrupted } from './interrupted.ts'
import { limitProblem } from './resource-limits.ts'
import { complain } from './talk.ts'
import { keepYoungHeapSmall } from './young-heap.ts'

/**
 * Parses a command line and runs its command. @returns the exit code: 0 done, 1 done with findings or failures, 2 bad input
 * or usage
 */
async function main(words: readonly string[]): Promise<number> {
  let code = 0
  const parser = yargs(withNames(words))
    .scriptName('filterlens')
    .usage(
      '$0 <command>\n\nLooks at convolutional networks through their 3×3 filters: sparsity, variance entropy, orthogonality.',
    )
    .version(version)
    .alias('h', 'help')
    .strict()
    .recommendCommands()
    .demandCommand(1, 'name a command: filterlens analyze model.onnx')
    .parserConfiguration({ 'camel-case-expansion': false, 'boolean-negation': true })
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new UsageError(usageProblem(message, words))
    })
    .epilogue(
      'Exit codes: 0 done, 1 done but something was found or left out, 2 bad input, 130 interrupted. Every command has --help with examples.',
    )
  for (const { usage, summary, load } of commands) {
    parser.command(
      usage,
      summary,
      async (y) => requireValues((await load()).options(y)),
      async (argv) => {
        requireWholeOptions(parser, usage, argv, words)
        code = await (await load()).run(argv)
      },
    )
  }
  await parser.parseAsync().catch((error: Error) => {
    throw error.name === 'YError' ? new UsageError(usageProblem(error.message, words)) : error
  })
  return code
}

/** yargs' own words, but for the sentences that tell nobody what is missing. */
function usageProblem(text: string, [command = '']: readonly string[]): string {
  const [message, ...more] = text.split('\n').filter((line) => line.trim() !== '')
  const [, name] = /^Not enough arguments following: (.*)$/.exec(message!) ?? []
  if (name !== undefined) return `${name.length > 1 ? '--' : '-'}${name} needs a value`
  if (message === 'Invalid values:') return more.map((line) => line.trim()).join('; ')
  const usage = commands.find((entry) => entry.usage.startsWith(`${command} `))?.usage
  return message!.startsWith('Not enough non-option arguments') && usage
    ? `filterlens ${usage}: something is missing; filterlens ${command} --help has examples`
    : message!
}

function report(error: unknown): number {
  const limit = limitProblem(error)
  if (isPlainError(error) || error instanceof Interrupted) complain(error.message)
  else if (limit !== undefined) complain(limit)
  else
    complain(
      `this is a fault of filterlens, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    )
  return error instanceof Interrupted ? error.exitCode : 2
}

// A reader that went away (`filterlens … | head`) is no failure of ours: the work goes on, and its exit code stands. A
// full disk behind `>` is one.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return
  complain(`standard output: ${error.code === 'ENOSPC' ? 'the disk is full' : error.message}`)
  process.exit(2)
})
process.stderr.on('error', () => undefined) // nobody listens to our talk; that is no reason to stop
process.on('uncaughtException', (error) => process.exit(report(error)))

const words = hideBin(process.argv)
if (words[0] === 'analyze') keepYoungHeapSmall()
try {
  process.exitCode = await main(words)
} catch (error) {
  process.exitCode = report(error)
  // A connection that is still open would keep the process, although nobody waits for it any more.
  if (error instanceof Interrupted) process.exit()
}
