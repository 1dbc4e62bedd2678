import { fstatSync, writeSync } from 'node:fs'
import { InputError } from '../errors.ts'
import { fileProblem } from '../io/node.ts'

/** Standard output and standard error. */
export type StandardDescriptor = 1 | 2

const called = { 1: 'standard output', 2: 'standard error' } as const
const areFiles = new Map<StandardDescriptor, boolean>()

const streamOf = (descriptor: StandardDescriptor): NodeJS.WriteStream => (descriptor === 1 ? process.stdout : process.stderr)

/** True when it is a file or a device such as /dev/null, not a terminal, a pipe or a socket. */
function goesToFile(descriptor: StandardDescriptor): boolean {
  const known = areFiles.get(descriptor)
  if (known !== undefined) return known
  let isFile = false
  try {
    const found = fstatSync(descriptor)
    isFile = found.isFile() || (found.isCharacterDevice() && streamOf(descriptor).isTTY !== true)
  } catch {
    // it is closed
  }
  areFiles.set(descriptor, isFile)
  return isFile
}

/**
 * Writes a text to standard output, all of it. Node's own stream writes to a file once, and does not look how much of it the
 * disk took.
 * @throws InputError when it cannot be written
 */
export function writeOut(text: string): void {
  if (goesToFile(1)) writeAll(1, new TextEncoder().encode(text))
  else process.stdout.write(text)
}

/** Writes bytes, and resolves when they are taken. A pipe that nobody reads any more takes no more, as with `writeOut`. */
export async function writeToDescriptor(descriptor: StandardDescriptor, bytes: Uint8Array): Promise<void> {
  if (goesToFile(descriptor)) return writeAll(descriptor, bytes)
  await new Promise<void>((resolve, reject) => {
    streamOf(descriptor).write(bytes, (error) => {
      if (error && (error as NodeJS.ErrnoException).code !== 'EPIPE')
        reject(new InputError(called[descriptor], fileProblem(error), { cause: error }))
      else resolve()
    })
  })
}

function writeAll(descriptor: StandardDescriptor, bytes: Uint8Array): void {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done)
  } catch (error) {
    throw new InputError(called[descriptor], fileProblem(error), { cause: error })
  }
}
