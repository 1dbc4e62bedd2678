import type { Argv } from 'yargs'

/** Parsed words of a command line, before a command has given them types. */
export type Words = Readonly<Record<string, unknown>>

/** One command of the command line; each has a file of its own, and a line in commands.ts. */
export interface Command {
  options(parser: Argv): Argv
  /** @returns the exit code */
  run(words: Words): Promise<number>
}
