import type { Argv } from 'yargs'
import { UsageError } from '../errors.ts'
import type { Words } from './command.ts'

/** What yargs keeps of the options that a command declared. */
interface Declared {
  readonly key: Readonly<Record<string, unknown>>
  readonly array: readonly string[]
  readonly boolean: readonly string[]
  readonly alias: Readonly<Record<string, readonly string[]>>
}

const declaredBy = (parser: Argv): Declared => (parser as unknown as { getOptions(): Declared }).getOptions()

/** Names of the options of a command, and those of every command. */
export function optionNames(parser: Argv): string[] {
  return Object.keys(declaredBy(parser).key).filter((name) => name.length > 1)
}

/**
 * Words as the parser is to see them. What stands behind `--` is a name, also where it begins with a dash; a lone `-` among the
 * inputs, which yargs 18.2 loses, is `@-`, a list on standard input.
 */
export function withNames(given: readonly string[]): string[] {
  const words = given.map((word, k) => (word === '-' && !/^(-o|--output)$/.test(given[k - 1] ?? '') ? '@-' : word))
  const at = words.indexOf('--')
  if (at < 0) return words
  const names = words.slice(at + 1).map((word) => (word.startsWith('-') ? `./${word}` : word))
  return [...words.slice(0, 1), ...names, ...words.slice(1, at)]
}

/** Lets no option but a plain switch stand without a value: its default would be taken without a word. */
export function requireValues(parser: Argv): Argv {
  const { key, array, boolean } = declaredBy(parser)
  return parser.requiresArg(Object.keys(key).filter((name) => !array.includes(name) && !boolean.includes(name)))
}

/**
 * `usage`: the command's, which names what comes without an option; `words`: what was typed.
 * @throws UsageError for an option that is given twice or is empty, or a switch with a value: '' is the number 0 and the folder we are in
 */
export function requireWholeOptions(parser: Argv, usage: string, argv: Words, words: readonly string[]): void {
  const { array, boolean, alias } = declaredBy(parser)
  for (const [name, value] of Object.entries(argv)) {
    if (name.length < 2 || name === '$0') continue // yargs' own, short names
    if (boolean.includes(name)) {
      const given = timesGiven(words, [name, `no-${name}`, ...(alias[name] ?? [])])
      if (given > 1) throw new UsageError(`--${name} is given ${given} times; give it once`)
      requireSwitch(words, [name, ...(alias[name] ?? [])])
      continue
    }
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    // The parser takes --no-output for a false output.
    if (values.includes(false))
      throw new UsageError(`--no-${name} is not an option: --${name} takes a value; leave it out instead`)
    const isPositional = new RegExp(`[<[]${name}\\b`).test(usage)
    // The parser adds up ones that are given twice: the words are counted.
    const times = array.includes(name) ? 1 : timesGiven(words, [name, ...(alias[name] ?? [])])
    if (times > 1) throw new UsageError(`--${name} is given ${times} times; give it once`)
    if (values.includes(''))
      throw new UsageError(isPositional ? `a name of the ${name} is empty` : `--${name} is empty; give it a value`)
    if (values.length === 0 && !isPositional) throw new UsageError(`--${name} needs a value`)
  }
}

/** The parser takes any value of a switch for false, or for true. @throws UsageError for one that is neither */
function requireSwitch(words: readonly string[], names: readonly string[]): void {
  for (const word of asOptions(words)) {
    const [given, value] = /^--?([^=]+)=(.*)$/s.exec(word)?.slice(1) ?? []
    if (given === undefined || !names.includes(given) || /^(true|false)$/.test(value!)) continue
    throw new UsageError(`${word.slice(0, word.indexOf('='))} is a switch and takes no value; give it alone, without =${value}`)
  }
}

function timesGiven(words: readonly string[], names: readonly string[]): number {
  const dashed = names.map((name) => (name.length > 1 ? `--${name}` : `-${name}`))
  return asOptions(words).filter((word) => dashed.some((name) => word === name || word.startsWith(`${name}=`))).length
}

/** The words that may be options: what stands behind `--` are names. */
function asOptions(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--')
  return words.slice(0, end < 0 ? words.length : end)
}
