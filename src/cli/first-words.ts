import { existsSync } from 'node:fs'
import { nearestName } from '../analysis/match-name.ts'
import { UsageError } from '../errors.ts'
import { isGlob } from '../inputs/glob.ts'
import { commands } from './commands.ts'

/** Name of a command, from its usage. */
export const commandName = ({ usage }: { readonly usage: string }): string => usage.split(' ')[0]!

/** The command that yargs itself answers. */
export const COMPLETION = 'completion'

/**
 * What a person means who has not begun with a command: nothing is a question for help; `help x` and `version` are what they say; a
 * file, folder, pattern, list or address is to be analysed.
 * @throws UsageError for a word that is none of these, with the command that is nearest
 */
export function meantWords(words: readonly string[]): string[] {
  const [first, ...rest] = words
  const [, help] = /^(?:--help|-h)=(.*)$/s.exec(words.find((word) => word === '--' || /^(--help|-h)=/.test(word)) ?? '') ?? []
  if (help !== undefined)
    throw new UsageError(`--help takes no value; filterlens help ${meantCommand(help)} is the help of a command`)
  if (first === undefined) return ['--help']
  if (first === 'help') return rest[0] === undefined || rest[0].startsWith('-') ? ['--help'] : [meantCommand(rest[0]), '--help']
  if (first === 'version') return ['--version']
  if (first === COMPLETION || first.startsWith('-') || commands.some((entry) => commandName(entry) === first)) {
    // Options before a file: filterlens --json net.onnx
    const isOption = first.startsWith('-') && !/^(-h|--help|--version|--get-yargs-completions)$/.test(first)
    return isOption && words.some(isInput) ? ['analyze', ...words] : [...words]
  }
  return isInput(first) ? ['analyze', ...words] : [meantCommand(first), ...rest]
}

function isInput(word: string): boolean {
  if (word === '' || word.startsWith('-')) return word === '-'
  return word.startsWith('@') || /^[a-z][a-z0-9+.-]*:\/\//i.test(word) || existsSync(word) || isGlob(word)
}

function meantCommand(word: string): string {
  const names = commands.map(commandName)
  if (names.includes(word)) return word
  if (/[/\\]|\.[a-z0-9]+$/i.test(word)) throw new UsageError(`${word}: there is no such file or folder`)
  const near = nearestName(word, names)
  throw new UsageError(
    near === undefined
      ? `${word} is neither a command nor a file; filterlens --help lists the commands`
      : `${word} is neither a command nor a file; did you mean filterlens ${near}?`,
  )
}
