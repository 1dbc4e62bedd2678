// Files to layer statistics, in one run: node dist/bench/end-to-end.js [--filters 16777216] [--rounds 5] (npm run bench).
// The inputs are made in a temporary folder, read from the disk cache, and removed.
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openInstance } from '../src/wasm/module.ts'
import type { Taken, Task } from './end-to-end-child.ts'
import { type Plan, writeDatabase, writeFormats } from './end-to-end-inputs.ts'
import { fitLine, openRunner, Rounds, type Runner, runCommand } from './end-to-end-rounds.ts'
import { onePassMetrics } from './one-pass.ts'
import { printTable } from './print-table.ts'
import { bellShaped } from './weights.ts'

const { values: given } = parseArgs({
  options: { filters: { type: 'string', default: '16777216' }, rounds: { type: 'string', default: '5' } },
})
const FILTERS = Number(given.filters)
const ROUNDS = Number(given.rounds)
if (!(Number.isSafeInteger(FILTERS) && FILTERS >= 1024 && ROUNDS >= 1))
  throw new RangeError('--filters is a whole number of at least 1,024, --rounds one of at least 1')

const SIDE = 256
const BLOCK = SIDE * SIDE * 36 // bytes of a layer: what is read at a time
const threads = availableParallelism()
const folder = mkdtempSync(join(tmpdir(), 'filterlens-bench-'))
const runners: Runner[] = []
const wasm = await openInstance()
const values = bellShaped(4 * SIDE * SIDE)

/** About that many filters in square layers of up to side × side. */
const planOf = (filters: number, side: number): Plan => {
  const least = Math.min(side, Math.floor(Math.sqrt(filters)))
  return { side: least, layers: Math.max(1, Math.round(filters / least ** 2)) }
}
const filtersOf = ({ layers, side }: Plan): number => layers * side * side
const bytesOf = (plan: Plan): number => 36 * filtersOf(plan)

async function database(name: string, plan: Plan): Promise<string> {
  await writeDatabase(join(folder, name), wasm, values, plan)
  return join(folder, name)
}
const remove = (...names: string[]): void => {
  for (const name of names) rmSync(join(folder, name), { recursive: true })
}

/** A contender in a process of its own that stays for all rounds. */
function contender(task: Task): () => Promise<Taken> {
  const runner = openRunner()
  runners.push(runner)
  return () => runner.run(task)
}
const endContenders = (): void => {
  for (const runner of runners.splice(0)) runner.close()
}

const whole = (n: number): string => Math.round(n).toLocaleString('en')
const millions = (filters: number): string => `${(filters / 1e6).toPrecision(3)} million`
const workers = (n: number): string => (n === 1 ? '1 worker' : `${n} workers`)
const busyNote = (rounds: Rounds): string =>
  `Meanwhile other processes used ${(100 * rounds.othersShare).toFixed(0)} % of the processors.`

async function againstPlainRead(): Promise<void> {
  const plan = planOf(FILTERS, SIDE)
  const path = await database('pass', plan)
  const file = join(path, 'filters.arrow')
  const bytes = statSync(file).size
  const read = (place: number) => contender({ kind: 'read', path: file, block: BLOCK, place })
  const ours = (count: number, metrics?: typeof onePassMetrics) =>
    contender({ kind: 'measure', path, workers: count, filters: filtersOf(plan), ...(metrics && { metrics }) })
  const plain = 'plain read'
  const named = (what: string, count: number): string => `filterlens, ${what}, ${workers(count)}`
  const contenders = new Map([
    [plain, read(0)],
    ['plain read, buffer half a page on', read(2048)],
    ['memory copy', contender({ kind: 'copy', bytes })],
  ])
  const counts = [...new Set([threads, 1])]
  for (const count of counts) contenders.set(named('without products of rows', count), ours(count, onePassMetrics))
  for (const count of counts) contenders.set(named('everything', count), ours(count))
  const rounds = await Rounds.of(contenders, ROUNDS)
  endContenders()
  remove('pass')
  console.log(
    `\n${millions(filtersOf(plan))} filters (${whole(bytes / 1e6)} MB) in ${plan.layers} layers of ${plan.side} × ${plan.side}, a filter database in the disk cache`,
  )
  printTable(
    ['', 'ms', 'processor ms', 'million filters/s', 'GB/s', `speed over a ${plain}`],
    [...contenders.keys()].map((name) => {
      const wall = rounds.median(name, (taken) => taken.wall)
      const processor = rounds.median(name, (taken) => taken.processor)
      const rate = filtersOf(plan) / wall / 1e3
      return [
        name,
        whole(wall),
        whole(processor),
        rate.toFixed(1),
        (bytes / wall / 1e6).toFixed(2),
        rounds.ratio(plain, name).toFixed(2),
      ]
    }),
  )
  if (threads > 1) {
    for (const what of ['without products of rows', 'everything']) {
      const faster = rounds.ratio(named(what, 1), named(what, threads))
      const dearer = rounds.median(named(what, threads), (t) => t.processor) / rounds.median(named(what, 1), (t) => t.processor)
      console.log(
        `${what}: ${workers(threads)} ${faster.toFixed(2)} times as fast as one, ${dearer.toFixed(2)} times its processor time`,
      )
    }
  }
  console.log(busyNote(rounds))
}

async function growth(): Promise<void> {
  const shares = FILTERS < 1 << 20 ? [1 / 16, 4] : [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4]
  const plans = shares.map((share) => planOf(FILTERS * share, SIDE))
  const rows: { plan: Plan; wall: number; processor: number; peak: number }[] = []
  let others = 0
  for (const plan of plans) {
    const path = await database('growth', plan)
    const run = () => runCommand(['analyze', path, '-o', join(folder, 'results')])
    const rounds = await Rounds.of(new Map([['run', run]]), Math.min(ROUNDS, plan === plans.at(-1) ? 1 : 3), false)
    others = Math.max(others, rounds.othersShare)
    const [wall, processor, peak] = (['wall', 'processor', 'peak'] as const).map((key) => rounds.median('run', (t) => t[key]))
    rows.push({ plan, wall: wall!, processor: processor!, peak: peak! })
    remove('growth', 'results')
  }
  const fit = fitLine(rows.map(({ plan, processor }) => [filtersOf(plan), processor]))
  console.log(
    `\nGrowth: filterlens analyze, everything, from the start of the command to its end, results written; ${workers(threads)}`,
  )
  printTable(
    ['filters', 'seconds', 'processor s', 'million filters/s', 'peak memory, MB', 'off the line'],
    rows.map(({ plan, wall, processor, peak }, k) => [
      millions(filtersOf(plan)),
      (wall / 1e3).toFixed(2),
      (processor / 1e3).toFixed(2),
      (filtersOf(plan) / wall / 1e3).toFixed(1),
      whole(peak / 1e6),
      `${(100 * fit.errors[k]!).toFixed(1)} %`,
    ]),
  )
  console.log(
    `processor time = ${(fit.a / 1e3).toFixed(2)} s + ${(fit.b * 1e6).toFixed(1)} ns a filter. Meanwhile others used up to ${(100 * others).toFixed(0)} % of the processors.`,
  )
}

async function manyLayers(): Promise<void> {
  const plans = [SIDE, 32, 8].map((side) => planOf(FILTERS / 16, side))
  const contenders = new Map<string, () => Promise<Taken>>()
  const counts = [...new Set([1, threads])]
  for (const [k, plan] of plans.entries()) {
    const path = await database(`layers-${k}`, plan)
    for (const count of counts)
      contenders.set(
        `${k} ${count}`,
        contender({ kind: 'measure', path, workers: count, filters: filtersOf(plan), metrics: onePassMetrics }),
      )
  }
  const rounds = await Rounds.of(contenders, ROUNDS)
  endContenders()
  remove(...plans.map((_, k) => `layers-${k}`))
  console.log(`\nThe same ${millions(filtersOf(plans[0]!))} filters in more and smaller layers, without products of rows`)
  const columns = counts.flatMap((count) => [`${workers(count)}: ms`, 'processor ms'])
  printTable(
    ['layers', 'filters a layer', ...columns],
    plans.map((plan, k) => [
      whole(plan.layers),
      whole(plan.side ** 2),
      ...counts.flatMap((count) =>
        (['wall', 'processor'] as const).map((key) => whole(rounds.median(`${k} ${count}`, (taken) => taken[key]))),
      ),
    ]),
  )
  for (const count of counts) {
    const points = plans.map((plan, k) => [plan.layers, rounds.median(`${k} ${count}`, (taken) => taken.processor)] as const)
    console.log(`${workers(count)}: ${(fitLine(points).b * 1e3).toFixed(1)} µs of processor time a layer`)
  }
  console.log(busyNote(rounds))
}

async function formats(): Promise<void> {
  const plan = planOf(FILTERS / 4, SIDE)
  mkdirSync(join(folder, 'formats'))
  const files = await writeFormats(join(folder, 'formats'), values, plan)
  files.set('filter database', join(await database('formats/database', plan), 'filters.arrow'))
  const contenders = new Map(
    [...files].map(([name, path]) => [
      name,
      contender({ kind: 'measure', path, workers: threads, filters: filtersOf(plan), metrics: onePassMetrics }),
    ]),
  )
  const rounds = await Rounds.of(contenders, ROUNDS)
  endContenders()
  console.log(
    `\nThe same ${millions(filtersOf(plan))} filters (${whole(bytesOf(plan) / 1e6)} MB of float32) from other formats, without products of rows, ${workers(threads)}`,
  )
  printTable(
    ['format', 'file, MB', 'ms', 'processor ms', 'million filters/s', 'input, GB/s'],
    [...files].map(([name, path]) => {
      const { size } = statSync(path)
      const wall = rounds.median(name, (taken) => taken.wall)
      const processor = rounds.median(name, (taken) => taken.processor)
      const rate = filtersOf(plan) / wall / 1e3
      return [name, whole(size / 1e6), whole(wall), whole(processor), rate.toFixed(1), (size / wall / 1e6).toFixed(2)]
    }),
  )
  console.log(busyNote(rounds))
  remove('formats')
}

try {
  console.log(
    `${cpus()[0]?.model.trim()}, ${threads} processors; Node ${process.versions.node}; times on the clock and of all processors together, medians of ${ROUNDS} paired rounds, everything in the disk cache`,
  )
  await againstPlainRead()
  await growth()
  await manyLayers()
  await formats()
} finally {
  endContenders()
  rmSync(folder, { recursive: true, force: true })
}
