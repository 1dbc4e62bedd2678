import { InputError } from '../errors.ts'
import { fileProblem } from '../io/node.ts'
import { makeFolder, outputFolder } from '../io/node-output.ts'
import type { OutputFolder } from '../io/sink.ts'
import { Interrupted, type Interruption, interruptions } from './interrupted.ts'

/** A folder for single files, made when it is not there. @throws InputError when it cannot be made */
export async function openOutput(path: string): Promise<{ readonly folder: OutputFolder }> {
  await makeFolder(path).catch((error: unknown) => {
    throw new InputError(path, fileProblem(error), { cause: error })
  })
  return { folder: outputFolder(path) }
}

/** Runs work that Ctrl-C, SIGTERM or a closed terminal ends in order; `consequence` says what that leaves behind. A second signal kills. */
export async function withInterrupt<T>(consequence: () => string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupted = new AbortController()
  const stop = (signal: Interruption): void => {
    for (const name of interruptions) process.off(name, stop)
    interrupted.abort(new Interrupted(signal, consequence()))
  }
  for (const name of interruptions) process.on(name, stop)
  try {
    return await work(interrupted.signal)
  } finally {
    for (const name of interruptions) process.off(name, stop)
  }
}
