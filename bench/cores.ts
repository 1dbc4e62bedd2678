// What more cores give: node dist/bench/cores.js [--filters 16777216] [--rounds 5].
// Measured: one worker, two, and two processes of one worker each on half of the layers, which is what the machine itself allows
// (busy cores share their memory and their clock). From what the first thread and the others cost, a simulation of the pool's own
// rules says what 16 and 64 cores give; it is held against what was measured with two.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { workOf } from '../src/measure/measurer.ts'
import { settingsOf } from '../src/measure/options.ts'
import { openInstance } from '../src/wasm/module.ts'
import type { Taken, Task } from './end-to-end-child.ts'
import { type Plan, writeDatabase } from './end-to-end-inputs.ts'
import { openRunner, Rounds, type Runner } from './end-to-end-rounds.ts'
import { onePassMetrics } from './one-pass.ts'
import { type PoolCosts, simulate } from './pool-simulation.ts'
import { printTable } from './print-table.ts'
import { median, timed } from './rounds.ts'
import { bellShaped } from './weights.ts'

const { values: given } = parseArgs({
  options: { filters: { type: 'string', default: '16777216' }, rounds: { type: 'string', default: '5' } },
})
const FILTERS = Number(given.filters)
const ROUNDS = Number(given.rounds)
const SIMULATED = [2, 4, 16, 64]
/** A run that is worth many cores is as much longer than the one that is measured. */
const LONGER = 16

const folder = mkdtempSync(join(tmpdir(), 'filterlens-cores-'))
const wasm = await openInstance()
const values = bellShaped(4 * 256 * 256)

interface Load {
  readonly name: string
  readonly plan: Plan
  readonly metrics?: typeof onePassMetrics
}

const square = (side: number, filters: number): Plan => ({ side, layers: Math.max(2, Math.round(filters / side ** 2 / 2) * 2) })
const loads: readonly Load[] = [
  { name: 'everything, layers of 256 × 256', plan: square(256, FILTERS) },
  { name: 'without products of rows, 256 × 256', plan: square(256, FILTERS), metrics: onePassMetrics },
  { name: 'everything, layers of 32 × 32', plan: square(32, FILTERS / 4) },
  { name: 'everything, layers of 8 × 8', plan: square(8, FILTERS / 32) },
]

/** Both tasks at once, each in a process of its own: together they are one contender. */
async function both(first: Promise<Taken>, second: Promise<Taken>): Promise<Taken> {
  const started = performance.now()
  const [a, b] = await Promise.all([first, second])
  return { ...a, wall: performance.now() - started, processor: a.processor + b.processor }
}

async function measureLoad({ name, plan, metrics }: Load): Promise<string[]> {
  const half = { ...plan, layers: plan.layers / 2 }
  const path = join(folder, 'whole')
  const halves = ['a', 'b'].map((side) => join(folder, side))
  mkdirSync(path)
  await writeDatabase(path, wasm, values, plan)
  for (const one of halves) await writeDatabase(one, wasm, values, half)
  const runners: Runner[] = [openRunner(), openRunner(), openRunner(), openRunner()]
  const task = (of: Plan, at: string, workers: number): Task => ({
    kind: 'measure',
    path: at,
    workers,
    filters: of.layers * of.side ** 2,
    ...(metrics && { metrics }),
  })
  const [one, two, left, right] = runners as [Runner, Runner, Runner, Runner]
  const rounds = await Rounds.of(
    new Map([
      ['one', () => one.run(task(plan, path, 1))],
      ['two', () => two.run(task(plan, path, 2))],
      ['processes', () => both(left.run(task(half, halves[0]!, 1)), right.run(task(half, halves[1]!, 1)))],
    ]),
    ROUNDS,
  )
  for (const runner of runners) runner.close()
  for (const at of [path, ...halves]) rmSync(at, { recursive: true })

  const main = rounds.median('two', (taken) => taken.main)
  const alone = rounds.median('one', (taken) => taken.processor)
  const mainLayer = Math.max(0, main - start.run - 2 * start.main) / plan.layers
  const costs: PoolCosts = {
    mainLayer,
    hash: 0,
    mainRun: start.run,
    mainStart: start.main,
    threadStart: start.thread,
    threadLayer: Math.max(0, (alone - start.run) / plan.layers - mainLayer),
  }
  const { passes } = settingsOf(metrics ? { metrics } : {})
  const shape = [plan.side, plan.side, 3, 3] as const
  const work = workOf({ shape } as Parameters<typeof workOf>[0], { passes })
  const faster = (cores: number, hash: number): string => {
    const layers = plan.layers * LONGER
    return ((alone * LONGER + hash) / simulate(layers, work, cores, cores, { ...costs, hash })).toFixed(1)
  }
  const hash = (LONGER * 36 * plan.layers * plan.side ** 2) / start.hashed
  return [
    name,
    plan.layers.toLocaleString('en'),
    alone.toFixed(0),
    (1e3 * costs.mainLayer).toFixed(1),
    rounds.ratio('one', 'two').toFixed(2),
    rounds.ratio('one', 'processes').toFixed(2),
    ...SIMULATED.map((cores) => faster(cores, 0)),
    faster(16, hash),
  ]
}

/** Bytes a millisecond that SHA-256 takes in, by processor time. */
function hashingRate(): number {
  const bytes = new Uint8Array(64 << 20)
  const times = Array.from({ length: 5 }, () => timed(() => void createHash('sha256').update(bytes).digest()))
  return bytes.length / median(times)
}

/**
 * What a run of nothing costs the first thread, and starting a thread the first one and itself, milliseconds of processor time: a run
 * with ten threads over one with two.
 */
async function startCosts(): Promise<{ run: number; main: number; thread: number; hashed: number }> {
  const plan = { side: 1, layers: 2 }
  const path = join(folder, 'nothing')
  await writeDatabase(path, wasm, values, plan)
  const contenders = new Map(
    [2, 10].map((workers) => {
      const runner = openRunner()
      const run = () => runner.run({ kind: 'measure', path, workers, filters: 2 })
      return [String(workers), { runner, run }] as const
    }),
  )
  const rounds = await Rounds.of(new Map([...contenders].map(([name, { run }]) => [name, run])), Math.max(5, ROUNDS))
  for (const { runner } of contenders.values()) runner.close()
  const each = (of: (taken: Taken) => number): number => Math.max(0, (rounds.median('10', of) - rounds.median('2', of)) / 8)
  const main = each((taken) => taken.main)
  return {
    run: rounds.median('2', (taken) => taken.main) - 2 * main,
    main,
    thread: each((taken) => taken.processor) - main,
    hashed: hashingRate(),
  }
}

let start = { run: 0, main: 0, thread: 0, hashed: 1 }
try {
  start = await startCosts()
  console.log(
    `${cpus()[0]?.model.trim()}, ${cpus().length} processors; Node ${process.versions.node}; medians of ${ROUNDS} paired rounds`,
  )
  console.log(
    `a run of nothing: ${start.run.toFixed(1)} ms of the first thread; starting a thread: ${start.main.toFixed(1)} ms of the first thread, ${start.thread.toFixed(1)} ms of its own; SHA-256: ${(start.hashed / 1e6).toFixed(2)} GB/s`,
  )
  const rows: string[][] = []
  for (const load of loads) rows.push(await measureLoad(load))
  printTable(
    [
      'load',
      'layers',
      'one worker, ms',
      'first thread, µs a layer',
      '2 workers',
      '2 processes',
      ...SIMULATED.map((n) => `${n} cores`),
      '16, hashing',
    ],
    rows,
  )
  console.log(
    `2 workers, 2 processes: measured speed over one worker. 2 to 64 cores: simulated speed over one worker, of ${LONGER} times as many layers.`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
