import type { Argv } from 'yargs'

/** Parsed words of a command line, before a command has given them types. */
export type Words = Readonly<Record<string, unknown>>

/** One command of the command line; each has a file of its own. */
export interface Command {
  /** As yargs wants it: "analyze <inputs..>". */
  readonly usage: string
  readonly summary: string
  options(parser: Argv): Argv
  /** @returns the exit code */
  run(words: Words): Promise<number>
}
