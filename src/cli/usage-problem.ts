import { existsSync } from 'node:fs'
import { nearestName } from '../analysis/match-name.ts'
import { list, plural } from '../words.ts'
import { commands } from './commands.ts'
import { commandName } from './first-words.ts'

/** What was typed, and which options there are. */
export interface Typed {
  readonly words: readonly string[]
  /** Names of the options of the command, without dashes. */
  readonly options: readonly string[]
}

/** What yargs says is wrong, in words that say what to do. */
export function usageProblem(text: string, { words, options }: Typed): string {
  const [message = '', ...more] = text.split('\n').filter((line) => line.trim() !== '')
  const [command = ''] = words
  const usage = commands.find((entry) => commandName(entry) === command)?.usage
  const examples = usage === undefined ? '' : `; filterlens ${command} --help has examples`
  const [, bare] = /^Not enough arguments following: (.*)$/.exec(message) ?? []
  if (bare !== undefined) return `${dashed(bare)} needs a value`
  const [, missing] = /^Missing required arguments?: (.*)$/.exec(message) ?? []
  if (missing !== undefined) return `${list(missing.split(', ').map(dashed))} must be given${examples}`
  const [, one, other] = /^Arguments (\S+) and (\S+) are mutually exclusive$/.exec(message) ?? []
  if (one !== undefined && other !== undefined) return `${dashed(one)} and ${dashed(other)} exclude each other; give one of them`
  if (message === 'Invalid values:') return more.map(choiceProblem).join('; ')
  const [, unknown] = /^Unknown arguments?: (.*)$/.exec(message) ?? []
  if (unknown !== undefined)
    return unknown
      .split(', ')
      .map((name) => unknownProblem(name, words, options, usage))
      .join('; ')
  if (message.startsWith('Not enough non-option arguments') && usage) {
    const taken = takenName(words)
    if (taken) return `${taken.name} is taken for a value of ${taken.option}; put it first: filterlens ${command} ${taken.name} …`
    return `filterlens ${usage}: something is missing${examples}`
  }
  return message
}

/** A file that stands behind the values of an option which takes several. */
function takenName(words: readonly string[]): { readonly name: string; readonly option: string } | undefined {
  const at = words.findLastIndex((word) => word.startsWith('-'))
  const values = words.slice(at + 1)
  const name = values.at(-1)
  const option = words[at]
  if (option === undefined || option.includes('=') || values.length < 2 || !existsSync(name!)) return undefined
  return { name: name!, option }
}

const dashed = (name: string): string => `${name.length > 1 ? '--' : '-'}${name}`

/** `  Argument: format, Given: "xls", Choices: "csv", "arrow"`. */
function choiceProblem(line: string): string {
  const [said = '', choices] = line.trim().split(', Choices: ')
  const [argument = '', given] = said.split(', Given: ')
  if (!argument.startsWith('Argument: ') || given === undefined || choices === undefined) return line.trim()
  const name = argument.slice('Argument: '.length)
  return `${dashed(name)} ${given.replaceAll('"', '')}: give ${list(choices.replaceAll('"', '').split(', '), 'or')}`
}

function unknownProblem(name: string, words: readonly string[], options: readonly string[], usage: string | undefined): string {
  if (!words.some((word) => word === dashed(name) || word.startsWith(`${dashed(name)}=`)))
    return usage === undefined
      ? `${name} is not known`
      : `${name} is one too many: filterlens ${usage} takes ${plural(1, 'name')}`
  const near = nearestName(name, options)
  return `${dashed(name)} is not an option${usage === undefined ? '' : ` of filterlens ${usage.split(' ')[0]}`}${near ? `; did you mean ${dashed(near)}?` : ''}`
}
