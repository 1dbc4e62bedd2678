import { printable, printableText } from '../printable.ts'
import { clearBarLine } from './bar-line.ts'
import { pc } from './colour.ts'
import { writeOut } from './standard-output.ts'
import { lineWidth, wrapped } from './terminal.ts'

/**
 * Data: to standard output. A terminal gets no control character but line breaks and colours, whatever name is in the
 * data; a file or a pipe gets the text as it is.
 */
export function print(text: string): void {
  writeOut(`${process.stdout.isTTY === true ? printableText(text) : text}\n`)
}

const LEAST_WRITE = 1 << 16

/** Data that comes in pieces, to standard output: the same as `print` of all of them. */
export function printParts(parts: Iterable<string>): void {
  let held = ''
  for (const part of parts) {
    held += part
    if (held.length < LEAST_WRITE) continue
    writeOut(process.stdout.isTTY === true ? printableText(held) : held)
    held = ''
  }
  print(held)
}

/** A line of a table that brings its own line break, and no colours of ours: what looks like one is of a name in it. */
export function printRow(line: string): void {
  writeOut(process.stdout.isTTY === true ? `${printable(line.replace(/\r?\n$/, ''))}\n` : line)
}

/** Talk: to standard error, so that a pipe gets data only. */
export function say(text: string): void {
  clearBarLine()
  process.stderr.write(`${fitted(printableText(text))}\n`)
}

/** One line of complaint, red only on a terminal. Names inside it cannot move the cursor. */
export function complain(message: string): void {
  const lines = message.split('\n').map(printable)
  const text = fitted(`filterlens: ${lines.join('\n  ')}`)
  clearBarLine()
  process.stderr.write(`${process.stderr.isTTY === true ? pc.red(text) : text}\n`)
}

/** One line that does not stop anything. */
export function warn(message: string): void {
  clearBarLine()
  process.stderr.write(`${fitted(`filterlens: note: ${printable(message)}`)}\n`)
}

/** Wrapped between words on a terminal; in a file or a pipe a message stays one line. */
function fitted(text: string): string {
  return process.stderr.isTTY === true ? wrapped(text, '  ', lineWidth(process.stderr)) : text
}
