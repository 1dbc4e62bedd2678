// The process that is fed: one input after the other is opened, and batches of them go through a whole run.
import { join } from 'node:path'
import { inputOf, readerNamed } from './inputs.mjs'
import { probe } from './probe.mjs'
import { emptyTally } from './tally.mjs'
import { wholeRuns } from './whole-run.mjs'

const dist = join(import.meta.dirname, '../../dist/src')
const SECONDS = 2
const THREAD_SECONDS = 10 // the patience with HDF5 is two seconds, and more for large chunks
const BYTES = 2 ** 30
/** Many open files make the HDF5 library slow. */
const HDF5_BATCH = 8
/**
 * So often sound files are opened too: a file for which the HDF5 library takes all the memory that it may have leaves none for those behind
 * it in this process. Who reads files has a new thread after one that failed (src/hdf5/session.ts).
 */
const HDF5_SOUND = 64
const BATCH_BYTES = 1 << 25 // of inputs that wait for their whole run
/** Of processor time that opening those of a batch takes: their whole run takes a few times that, and less than `SECONDS` unless one of them is slow. */
const BATCH_SECONDS = 0.35
/** The system is asked for time and memory this often: asking takes longer than many an input. */
const LOOK_MS = 100

/** Waits until the parent's channel has taken it, and all before it: what is still queued is lost when the channel closes. */
function tell(message) {
  return new Promise((resolve) => process.send?.(message, resolve))
}

const processorSeconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/**
 * @param name the reader's
 * @param options `from`, `runs`, `seed`; `batch`: inputs of one whole run; `thread`: HDF5 in its thread; `only`: nothing but whole runs
 */
export async function feed(name, { from, runs, seed, batch, thread, only }) {
  const reader = await readerNamed(name)
  if (reader.hasHdf5 && !thread) await (await import('./hdf5-here.mjs')).keepHdf5Here()
  const { openSource } = await import(join(dist, 'sources/open.js'))
  const { isPlainError } = await import(join(dist, 'errors.js'))
  const { memoryAccess } = await import(join(dist, 'io/random-access.js'))
  const wholeRun = reader.read ? undefined : await wholeRuns()
  const seeds = await reader.seeds()
  const end = from + runs
  const size = reader.hasHdf5 ? Math.min(batch, HDF5_BATCH) : batch
  const patience = thread ? THREAD_SECONDS : SECONDS
  const tally = emptyTally()

  const opening = ({ path, bytes, beside = {} }, prefix = '') => {
    const inMemory = (file, content) => memoryAccess(file, content.slice())
    const folder = { open: async (file) => (Object.hasOwn(beside, file) ? inMemory(file, beside[file]) : undefined) }
    return { path: `${prefix}${path}`, access: inMemory(path, bytes), folder }
  }
  const textOf = (/** @type {any} */ error) =>
    error instanceof Error
      ? `${error.stack}${error.cause instanceof Error ? `\n${error.cause.stack}` : ''}`
      : `threw ${String(error)}`

  /** Opens an input and reads where its plans say. @returns a finding, or undefined */
  async function open(input, index, count) {
    let source
    try {
      if (reader.read) {
        await reader.read({ beside: {}, ...input }, index)
        if (count) count.opened++
        return undefined
      }
      source = await openSource(opening(input))
      const convolutions = source.models.flatMap((model) => model.convolutions)
      if (count) count.opened++
      if (count) count.convolutions += convolutions.length
      for (const convolution of convolutions) await probe(convolution)
    } catch (/** @type {any} */ error) {
      if (!isPlainError(error)) return textOf(error)
      if (!/^[^\n]{1,2000}$/.test(error.message))
        return `a message that is no sentence: ${JSON.stringify(error.message.slice(0, 300))}`
      if (count) count.refused++
    } finally {
      await source?.close()
    }
    return undefined
  }

  /** A whole run over these inputs; when it ends, or takes long, each alone, to know which one it was. */
  async function whole(batch) {
    if (!wholeRun || batch.length === 0) return
    const [{ index }] = batch
    process.send?.({ index, whole: true })
    const before = processorSeconds()
    let failure
    try {
      await wholeRun(() => batch.map(({ index, input }) => opening(input, batch.length > 1 ? `${index}/` : '')))
    } catch (error) {
      failure = `a whole run with --keep-going and -o ended: ${textOf(error)}`
    }
    const took = processorSeconds() - before
    if (failure === undefined && took <= patience) return
    if (batch.length > 1) for (const one of batch) await whole([one])
    else process.send?.({ index, finding: failure ?? `a whole run took ${took.toFixed(1)} s of processor time` })
  }

  const indexed = (index) => ({ index, input: inputOf(reader, seeds, seed, index) })
  if (only) {
    for (let index = from; index < end; index++) await whole([indexed(index)])
    await tell({ tally })
    return process.disconnect()
  }
  for (const [k, input] of seeds.entries()) {
    // Warms up, and must hold as it is.
    const finding = await open(input, k)
    if (finding) process.send?.({ index: from, finding: `the seed ${input.path} as it is: ${finding}` })
  }
  /** Processor time of opening it once more; what the clock says counts other processes too. */
  async function timed(input, index) {
    const before = processorSeconds()
    await open(input, index)
    return processorSeconds() - before
  }
  const checksSoundness = reader.hasHdf5 && !thread
  const seedsOpened = { ...emptyTally() }
  if (checksSoundness) for (const [k, input] of seeds.entries()) await open(input, k, seedsOpened)
  /** Whether every seed is still opened as it was at first. */
  async function isSound() {
    const now = { ...emptyTally() }
    for (const [k, input] of seeds.entries()) await open(input, k, now)
    return now.opened === seedsOpened.opened && now.convolutions === seedsOpened.convolutions
  }
  let sound = { next: from, tally: structuredClone(tally) }
  let pending = []
  let bytes = 0
  let began = processorSeconds()
  let looked = performance.now()
  for (let index = from; index < end; index++) {
    // What ends the process in a batch is looked for one by one afterwards: only there the parent has to know where this is.
    if (size === 1) process.send?.({ index })
    const one = indexed(index)
    const start = performance.now()
    const finding = await open(one.input, index, tally)
    const now = performance.now()
    if (finding) process.send?.({ index, finding })
    if (globalThis.isWornOut) {
      // The library is of no use any more: whole runs of those before it are for the next process.
      await tell({ restartAt: index + 1, again: pending.map(({ index }) => index), tally })
      break
    }
    if ((now - start) / 1000 > tally.slowest) {
      const took = await timed(one.input, index)
      if (took > tally.slowest) Object.assign(tally, { slowest: took, slowestAt: index })
      if (took > patience) process.send?.({ index, finding: `took ${took.toFixed(1)} s of processor time` })
    }
    if (!finding) {
      pending.push(one)
      bytes += one.input.bytes.length
    }
    let isLong = false
    if (now - looked > LOOK_MS) {
      looked = now
      tally.memory = process.resourceUsage().maxRSS * 1024
      isLong = processorSeconds() - began > BATCH_SECONDS
    }
    let isFull = tally.memory > BYTES
    if (pending.length >= size || isLong || bytes > BATCH_BYTES || isFull || index === end - 1) {
      await whole(pending)
      pending = []
      bytes = 0
      tally.memory = process.resourceUsage().maxRSS * 1024
      isFull = tally.memory > BYTES
      process.send?.({ index: index + 1, sofar: tally })
      began = processorSeconds()
    }
    if (globalThis.isWornOut || isFull) {
      const memory = `${(tally.memory / 2 ** 20).toFixed(0)} MiB of memory`
      if (isFull) process.send?.({ index, finding: `${memory} were taken by this one or those shortly before it` })
      await tell({ restartAt: index + 1, tally })
      break
    }
    const isLast = index === end - 1
    if (checksSoundness && pending.length === 0 && (isLast || index + 1 - sound.next >= HDF5_SOUND)) {
      if (await isSound()) sound = { next: index + 1, tally: structuredClone(tally) }
      else {
        // A new process feeds the stretch again; where it ends so there too, one of these inputs is the reason.
        const isOne = sound.next === from
        await tell({ restartAt: isOne ? index + 1 : sound.next, tally: isOne ? tally : sound.tally, isWorn: true })
        break
      }
    }
    if (isLast) await tell({ tally })
  }
  process.disconnect()
}
