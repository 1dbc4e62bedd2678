import { UsageError } from '../errors.ts'
import { list } from '../words.ts'
import { COMPLETION } from './first-words.ts'

/** The shells that a script is printed for. */
const shells = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof shells)[number]

/** The shell that a script is asked for, by what follows the command; undefined: the parser prints that of SHELL, zsh or bash. @throws UsageError */
export function completionShell([shell, ...more]: readonly string[]): Shell | undefined {
  const known = shells.find((name) => name === shell)
  if (more.length > 0 || (shell !== undefined && known === undefined))
    throw new UsageError(
      `${COMPLETION} takes no ${more[0] ?? shell}: it prints the script for ${list(shells, 'or')}; without one of these words for the shell that SHELL names`,
    )
  return known ?? (/\bfish$/.test(process.env['SHELL'] ?? '') ? 'fish' : undefined)
}

/** For fish: the script of yargs 18.2 leaves out the name of the program, without which no option is found, and hides all files. */
export const fishCompletion = `# filterlens completion fish > ~/.config/fish/completions/filterlens.fish
function __filterlens_completions
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    env SHELL=fish filterlens --get-yargs-completions $words "$word"
end
complete -c filterlens -a '(__filterlens_completions)'`
