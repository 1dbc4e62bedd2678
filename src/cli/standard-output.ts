import { fstatSync, writeSync } from 'node:fs'
import { InputError } from '../errors.ts'
import { fileProblem } from '../io/node.ts'

const DESCRIPTOR = 1
let isFile: boolean | undefined

/** True when standard output is a file or a device such as /dev/null, not a terminal, a pipe or a socket. */
function goesToFile(): boolean {
  try {
    const found = fstatSync(DESCRIPTOR)
    return found.isFile() || (found.isCharacterDevice() && process.stdout.isTTY !== true)
  } catch {
    return false // it is closed
  }
}

/**
 * Writes a text to standard output, all of it. Node's own stream writes to a file once, and does not look how much of it the
 * disk took.
 * @throws InputError when it cannot be written
 */
export function writeOut(text: string): void {
  isFile ??= goesToFile()
  if (!isFile) {
    process.stdout.write(text)
    return
  }
  const bytes = new TextEncoder().encode(text)
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(DESCRIPTOR, bytes, done)
  } catch (error) {
    throw new InputError('standard output', fileProblem(error), { cause: error })
  }
}
