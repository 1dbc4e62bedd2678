// A process of its own for every contender of bench/end-to-end.ts: its processor time and its peak memory are its own.
import { readFileSync } from 'node:fs'
import { openFile } from '../src/io/node.ts'
import type { NullableMetric } from '../src/measure/layer-row.ts'
import { measure } from '../src/measure/run.ts'
import { listInputs } from '../src/node.ts'

/** What to do. */
export type Task =
  | {
      readonly kind: 'measure'
      readonly path: string
      readonly workers?: number
      readonly metrics?: readonly NullableMetric[]
      readonly filters: number
      /** Hashes the file too, as a run with results does. */
      readonly hash?: boolean
    }
  | { readonly kind: 'read'; readonly path: string; readonly block: number; readonly place: number }
  | { readonly kind: 'copy'; readonly bytes: number }

/** What it took. */
export interface Taken {
  /** Milliseconds on the clock. */
  readonly wall: number
  /** Milliseconds of all threads, in the kernel of the system too. */
  readonly processor: number
  /** Of it, the first thread's, which hands layers out and takes their results; NaN where the system does not say. */
  readonly main: number
  /** Of it, within the kernel of the system: reading, above all. */
  readonly system: number
  /** Largest resident memory so far, bytes. */
  readonly peak: number
  readonly filters: number
}

async function measured({
  path,
  workers,
  metrics,
  hash = false,
  filters: expected,
}: Extract<Task, { kind: 'measure' }>): Promise<number> {
  let filters = 0
  const options = { hash, ...(workers !== undefined && { workers }), ...(metrics && { metrics }) }
  for await (const event of measure(await listInputs([path]), options)) if (event.kind === 'layer') filters += event.row.filters
  if (filters !== expected) throw new Error(`${path}: ${filters} filters measured, ${expected} are there`)
  return filters
}

async function read({ path, block, place }: Extract<Task, { kind: 'read' }>): Promise<void> {
  const access = await openFile(path)
  const buffer = new Uint8Array(block + place).subarray(place)
  for (let at = 0; at < access.byteLength; at += block) await access.read(at, Math.min(block, access.byteLength - at), buffer)
  await access.close?.()
}

/** Milliseconds that this process's first thread has run, as Linux counts them; NaN elsewhere. */
function mainThreadTime(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  } catch {
    return Number.NaN
  }
}

let blocks: [from: Uint8Array, to: Uint8Array] | undefined

/** Linux knows the peak; elsewhere it is what the system says of the process, which a parent's size may have raised. */
function peakMemory(): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024
  } catch {
    return process.resourceUsage().maxRSS * 1024
  }
}

process.on('message', (task: Task) => {
  void (async () => {
    if (task.kind === 'copy') blocks ??= [new Uint8Array(task.bytes).fill(1), new Uint8Array(task.bytes).fill(2)]
    const before = process.cpuUsage()
    const mainBefore = mainThreadTime()
    const started = performance.now()
    let filters = 0
    if (task.kind === 'measure') filters = await measured(task)
    else if (task.kind === 'read') await read(task)
    else blocks![1].set(blocks![0])
    const wall = performance.now() - started
    const { user, system } = process.cpuUsage(before)
    const main = mainThreadTime() - mainBefore
    process.send!({
      wall,
      processor: (user + system) / 1000,
      main,
      system: system / 1000,
      peak: peakMemory(),
      filters,
    } satisfies Taken)
  })()
})
