import pc from 'picocolors'
import { printable } from './terminal.ts'

/** Data: to standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Talk: to standard error, so that a pipe gets data only. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** One line of complaint, red only on a terminal. Names inside it cannot move the cursor. */
export function complain(message: string): void {
  const lines = message.split('\n').map(printable)
  process.stderr.write(
    `${pc.createColors(pc.isColorSupported && process.stderr.isTTY === true).red(`filterlens: ${lines.join('\n  ')}`)}\n`,
  )
}

/** One line that does not stop anything. */
export function warn(message: string): void {
  process.stderr.write(`filterlens: note: ${printable(message)}\n`)
}
