import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { isPlainError, UsageError } from '../errors.ts'
import { version } from '../version.ts'
import { commands } from './commands.ts'
import { completionShell, fishCompletion } from './completion.ts'
import { COMPLETION, meantWords } from './first-words.ts'
import { optionNames, requireValues, requireWholeOptions, withNames } from './given-options.ts'
import { Interrupted } from './interrupted.ts'
import { keepOldHeapSmall } from './old-heap.ts'
import { limitProblem } from './resource-limits.ts'
import { complain, print } from './talk.ts'
import { lineWidth, wrapped } from './terminal.ts'
import { usageProblem } from './usage-problem.ts'
import { keepYoungHeapSmall } from './young-heap.ts'

/**
 * Parses a command line and runs its command. @returns the exit code: 0 done, 1 done with findings or failures, 2 bad input
 * or usage
 */
async function main(words: readonly string[]): Promise<number> {
  let code = 0
  const asksCompletion = words[0] === COMPLETION && !words.includes('--help') && !words.includes('-h')
  const shell = asksCompletion ? completionShell(words.slice(1)) : undefined
  if (shell === 'fish') {
    print(fishCompletion)
    return 0
  }
  if (shell !== undefined) {
    process.env['SHELL'] = shell // the parser looks here alone
    delete process.env['ZSH_NAME']
  }
  const width = Math.min(110, lineWidth())
  const parser = yargs(withNames(words))
    .scriptName('filterlens')
    .usage(
      wrapped(
        '$0 <command>\n\nLooks at convolutional networks through their 3×3 filters: sparsity, variance entropy, orthogonality. filterlens FILE is filterlens analyze FILE.',
        '',
        width,
      ),
    )
    .version(version)
    .alias('h', 'help')
    .strict()
    .parserConfiguration({ 'camel-case-expansion': false, 'boolean-negation': true, 'dot-notation': false })
    .wrap(width)
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new UsageError(usageProblem(message, { words, options: optionNames(parser) }))
    })
    .epilogue(
      wrapped(
        'Exit codes: 0 done, 1 done but something was found or left out, 2 bad input, 130 interrupted. Every command has --help with examples.',
        '',
        width,
      ),
    )
  for (const { usage, summary, load } of commands) {
    parser.command(
      usage,
      summary,
      async (y) => requireValues((await load()).options(y.usage(`$0 ${usage}\n\n${wrapped(summary, '', width)}`))),
      async (argv) => {
        requireWholeOptions(parser, usage, argv, words)
        code = await (await load()).run(argv)
      },
    )
  }
  parser.completion(COMPLETION, 'print a script that lets the shell (bash, zsh or fish) complete commands and options')
  if (asksCompletion) {
    parser.showCompletionScript()
    return 0
  }
  await parser.parseAsync().catch((error: Error) => {
    throw error.name === 'YError' ? new UsageError(usageProblem(error.message, { words, options: optionNames(parser) })) : error
  })
  return code
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

try {
  const words = meantWords(hideBin(process.argv))
  if (words[0] === 'analyze') keepYoungHeapSmall()
  if (['export', 'report', 'verify'].includes(words[0] ?? '')) keepOldHeapSmall() // of results that may be of very many models
  process.exitCode = await main(words)
} catch (error) {
  process.exitCode = report(error)
  // A connection that is still open would keep the process, although nobody waits for it any more.
  if (error instanceof Interrupted) process.exit()
}
