import { takeBatch } from '../src/measure/pool.ts'

/** What a run costs, milliseconds of one processor. */
export interface PoolCosts {
  /** The first thread, for each layer: half before it is measured, half when its result is there. */
  readonly mainLayer: number
  /** The first thread, for the file's hash: in pieces between other work. */
  readonly hash: number
  /** The first thread, for a run of nothing. */
  readonly mainRun: number
  /** The first thread, for each thread that it starts. */
  readonly mainStart: number
  /** A thread, before it takes its first layer. */
  readonly threadStart: number
  /** A thread, for each layer. */
  readonly threadLayer: number
}

/** Requests that a thread has at a time, as in src/measure/pool-thread.ts. */
const DEPTH = 2

/**
 * Milliseconds on the clock that `layers` alike layers take with `threads` measuring threads on `cores` free processors, by the
 * pool's own rules: batches, two requests a thread, one first thread that hands out and takes. Reading and memory are as fast for
 * many as for one, which no machine quite gives: the result is what the program itself allows.
 * @param work of a layer, by the pool's reckoning, nanoseconds: what makes batches
 */
export function simulate(layers: number, work: number, threads: number, cores: number, costs: PoolCosts): number {
  const { mainLayer, mainRun, mainStart, threadStart, threadLayer, hash } = costs
  // More busy threads than processors share them: each is as much slower.
  const slower = Math.max(1, (threads + share(hash, (layers * threadLayer) / threads)) / cores)
  const waiting = Array.from({ length: layers }, () => ({ work }))
  let main = mainRun + mainStart * threads // the first thread is busy until then
  const places = Array.from({ length: threads }, (_, k) => {
    const up = mainRun + mainStart * (k + 1) + threadStart * slower
    return { free: Array.from({ length: DEPTH }, () => up), busyUntil: up }
  })
  let hashLeft = hash
  let end = 0
  while (waiting.length > 0) {
    // The thread that has room first is served first.
    const thread = places.reduce((a, b) => (Math.min(...b.free) < Math.min(...a.free) ? b : a))
    const slot = thread.free.indexOf(Math.min(...thread.free))
    const room = thread.free[slot]!
    // Until there is room somewhere the first thread hashes.
    const idle = Math.max(0, room - main)
    hashLeft = Math.max(0, hashLeft - idle)
    const [head] = waiting.splice(0, 1) as [{ work: number }]
    const count = 1 + takeBatch(waiting, 0, head.work).length
    main = Math.max(main, room) + (mainLayer / 2) * count
    thread.busyUntil = Math.max(thread.busyUntil, main) + threadLayer * count * slower
    main += (mainLayer / 2) * count // the result of an earlier one, taken meanwhile
    thread.free[slot] = thread.busyUntil
    end = Math.max(end, thread.busyUntil, main)
  }
  return Math.max(end, main + hashLeft)
}

/** Share of the time that a task of so many milliseconds runs beside others of so many. */
const share = (own: number, others: number): number => (others === 0 ? 0 : Math.min(1, own / others))
