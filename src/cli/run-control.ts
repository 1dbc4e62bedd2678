import { promisify } from 'node:util'
import { InputError } from '../errors.ts'
import { fileProblem } from '../io/node.ts'
import { makeFolder, outputFolder } from '../io/node-output.ts'
import type { OutputFolder } from '../io/sink.ts'
import { Interrupted, type Interruption, interruptions } from './interrupted.ts'
import { complain } from './talk.ts'

/** A folder for single files, made when it is not there. @throws InputError when it cannot be made */
export async function openOutput(path: string): Promise<{ readonly folder: OutputFolder }> {
  await makeFolder(path).catch((error: unknown) => {
    throw error instanceof InputError ? error : new InputError(path, fileProblem(error), { cause: error })
  })
  return { folder: outputFolder(path) }
}

/** What does not end in order within this time is ended: an open connection, a disk that does not answer. */
const GRACE_MS = 500

/** Who listens to signals, and what hears of them. */
interface Listener {
  readonly signal: AbortSignal
  stop(signal: Interruption): void
}

const nextTurn = promisify(setImmediate)
let listening: Listener | undefined

function listen(listener: Listener): void {
  listening = listener
  for (const name of interruptions) process.on(name, listener.stop)
}

function stopListening({ stop }: Listener): void {
  listening = undefined
  for (const name of interruptions) process.off(name, stop)
}

let early: Interruption | undefined
const note = (signal: Interruption): void => {
  early ??= signal
}

/** From here to `withInterrupt` a signal waits for it: what is made meanwhile is taken away in order. A second one kills. */
export function holdInterrupt(): void {
  for (const name of interruptions) process.once(name, note)
}

/**
 * Runs work that Ctrl-C, SIGTERM or a closed terminal ends in order; `consequence` says what that leaves behind. Work that has
 * not ended half a second later ends with the process. A second signal kills.
 */
export async function withInterrupt<T>(consequence: () => string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupted = new AbortController()
  let late: NodeJS.Timeout | undefined
  const listener: Listener = {
    signal: interrupted.signal,
    stop(signal) {
      stopListening(listener)
      const reason = new Interrupted(signal, consequence())
      interrupted.abort(reason)
      late = setTimeout(() => {
        complain(reason.message)
        process.exit(reason.exitCode)
      }, GRACE_MS)
    },
  }
  for (const name of interruptions) process.off(name, note)
  listen(listener)
  try {
    if (early !== undefined) listener.stop(early)
    interrupted.signal.throwIfAborted()
    return await work(interrupted.signal)
  } catch (error) {
    // Node's own waits end with an error of theirs, whatever the signal's reason is.
    if (interrupted.signal.aborted && error instanceof Error && error.name === 'AbortError') throw interrupted.signal.reason
    throw error
  } finally {
    clearTimeout(late)
    stopListening(listener)
  }
}

/**
 * Runs work that computes for longer than a person waits, and meanwhile leaves this thread no time to hear of a signal: the
 * signal then ends the process, as it does where nobody listens. What the process leaves is what a killed one leaves.
 */
export async function occupied<T>(work: () => T | Promise<T>): Promise<T> {
  const listener = listening
  if (!listener) return work()
  await nextTurn() // one that has come already is heard first
  listener.signal.throwIfAborted()
  stopListening(listener)
  try {
    return await work()
  } finally {
    listen(listener)
  }
}
