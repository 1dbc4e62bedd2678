// What a plan, its shards and their merge cost by models and layers, each step as the command itself, and what that makes of larger runs:
// node dist/bench/cluster-cost.js [--runs 1000x6,1000x20,10000x6] [--shard-models 500] [--folder /tmp]. The largest
// alone, without the run on one machine that it is compared with: --runs 100000x2 --shard-models 5000 --without-one
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { convolution, safetensors } from '../test/measure/models.ts'
import { type Cost, costsOf, type RunCost, scaled } from './cluster-cost-model.ts'
import type { Taken } from './end-to-end-child.ts'
import { runCommand } from './end-to-end-rounds.ts'
import { bellShaped } from './weights.ts'

const { values: given } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000x6,1000x20,10000x6' },
    'shard-models': { type: 'string', default: '500' },
    folder: { type: 'string', default: tmpdir() },
    'without-one': { type: 'boolean', default: false },
  },
})
const CHANNELS = 8
const IN_A_FOLDER = 1000

/** Models that differ, in folders of a thousand. */
async function writeModels(folder: string, models: number, layers: number): Promise<void> {
  const tensors = Array.from({ length: layers }, (_, k) => convolution(`layer${k}.weight`, [CHANNELS, CHANNELS, 3, 3], k + 1, 9))
  const bytes = safetensors(tensors)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [first, step] = [bytes.length - 4 * 9 * CHANNELS * CHANNELS * layers, 4 * 9 * CHANNELS * CHANNELS]
  for (let m = 0; m < models; m++) {
    const below = join(folder, String(Math.floor(m / IN_A_FOLDER)))
    if (m % IN_A_FOLDER === 0) await mkdir(below, { recursive: true })
    for (let k = 0; k < layers; k++) view.setFloat32(first + k * step + 4, (m + 1) / models, true)
    await writeFile(join(below, `model${String(m).padStart(6, '0')}.safetensors`), bytes)
  }
}

async function sizeBelow(folder: string): Promise<{ files: number; bytes: number }> {
  let [files, bytes] = [0, 0]
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    files++
    bytes += (await stat(join(entry.parentPath, entry.name))).size
  }
  return { files, bytes }
}

const costOf = ({ processor, wall, peak }: Taken): Cost => ({ processor: processor / 1000, wall: wall / 1000, peak })

/** One run in both ways. @throws Error when they give different numbers */
async function measured(home: string, models: number, layers: number): Promise<RunCost> {
  const at = (name: string): string => join(home, name)
  await writeModels(at('models'), models, layers)
  const shards = Math.max(2, Math.ceil(models / Number(given['shard-models'])))
  const isCompared = !given['without-one']
  const one = isCompared ? costOf(await runCommand(['analyze', at('models'), '-o', at('one')])) : undefined
  const plan = costOf(await runCommand(['plan', at('models'), '--shards', String(shards), '-o', at('plan')]))
  const planned = await sizeBelow(at('plan'))
  const measuring = { processor: 0, wall: 0, peak: 0 }
  for (let shard = 0; shard < shards; shard++) {
    const { processor, wall, peak } = costOf(
      await runCommand(['analyze', '--plan', at('plan'), '--shard', String(shard), '--workers', '1']),
    )
    measuring.processor += processor
    measuring.wall += wall
    measuring.peak = Math.max(measuring.peak, peak)
  }
  const again = costOf(await runCommand(['analyze', '--plan', at('plan'), '--shard', '0', '--workers', '1']))
  const parts = await sizeBelow(at('plan/parts'))
  const merge = costOf(await runCommand(['merge', at('plan'), '-o', at('results')]))
  const results = await sizeBelow(at('results'))
  const compared = isCompared ? ['one', 'results'] : ['results', 'results']
  const [a, b] = await Promise.all(compared.map((name) => readFile(join(at(name), 'results.sha256'), 'utf8')))
  if (a !== b) throw new Error(`${models} models of ${layers} layers: one machine gives ${a}, ${shards} shards give ${b}`)
  return { models, layers, shards, one, plan, measuring, again, merge, planned, parts, results }
}

/** Nanoseconds of one processor a filter of a large layer, from two sizes of one file: reading, hashing, everything. */
async function filterCost(home: string): Promise<number> {
  const seconds: number[] = []
  for (const layers of [4, 16]) {
    const values = bellShaped(256 * 256)
    const tensors = Array.from({ length: layers }, (_, k) => ({ name: `layer${k}.weight`, shape: [256, 256, 3, 3], values }))
    await writeFile(join(home, 'large.safetensors'), safetensors(tensors))
    const times: number[] = []
    for (let round = 0; round < 3; round++)
      times.push((await runCommand(['analyze', join(home, 'large.safetensors'), '--workers', '1'])).processor)
    seconds.push(Math.min(...times) / 1000)
  }
  return ((seconds[1]! - seconds[0]!) / (12 * 65_536)) * 1e9
}

const home = await mkdtemp(join(given.folder, 'filterlens-cost-'))
const runs: RunCost[] = []
let filterNs = 0
try {
  filterNs = await filterCost(home)
  for (const run of given.runs.split(',')) {
    const [models, layers] = run.split('x').map(Number) as [number, number]
    const place = join(home, run)
    await mkdir(place)
    runs.push(await measured(place, models, layers))
    await rm(place, { recursive: true })
  }
} finally {
  await rm(home, { recursive: true, force: true })
}

const plain = { style: { head: [], border: [] } }
const MB = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
const cost = ({ processor, peak }: Cost): string => `${processor.toFixed(1)} s, ${MB(peak)}`

const steps = new Table({
  head: ['', ...runs.map(({ models, layers }) => `${models.toLocaleString('en')} × ${layers}`)],
  ...plain,
})
const row = (name: string, of: (run: RunCost) => string): void => void steps.push([name, ...runs.map(of)])
row('one machine: analyze', ({ one }) => (one ? cost(one) : ''))
row('plan', ({ plan }) => cost(plan))
row('shards, together; the largest', ({ measuring }) => cost(measuring))
row('  how many', ({ shards }) => String(shards))
row('  one that is done already', ({ again }) => cost(again))
row('merge', ({ merge }) => cost(merge))
row('array over one machine', ({ one, plan, measuring, merge }) =>
  one ? ((plan.processor + measuring.processor + merge.processor) / one.processor).toFixed(2) : '',
)
for (const [name, of] of [
  ['plan', (run: RunCost) => run.planned],
  ['parts', (run: RunCost) => run.parts],
  ['results', (run: RunCost) => run.results],
] as const)
  row(`files and size: ${name}`, (run) => `${of(run).files}, ${MB(of(run).bytes)}`)
console.log(`${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores; Node ${process.versions.node}`)
console.log(
  `models × layers of ${CHANNELS} × ${CHANNELS} filters; processor time, largest memory of a process${given['without-one'] ? '' : '; results.sha256 equal'}`,
)
console.log(steps.toString())

if (runs.length >= 3) {
  const costs = costsOf(runs, filterNs)
  const rates = new Table({ head: ['', 'a shard', 'a model', 'a layer', 'a million filters'], ...plain })
  for (const [name, { shard, model, layer, filters }] of Object.entries(costs.seconds))
    rates.push([`${name}, processor ms`, ...[shard, model, layer, filters].map((s) => (s === 0 ? '' : (1000 * s).toFixed(2)))])
  for (const [name, { model, layer }] of Object.entries(costs.bytes))
    rates.push([`${name}, bytes`, '', Math.round(model), Math.round(layer), ''])
  for (const [name, { model }] of Object.entries(costs.memory))
    rates.push([`${name}, memory, bytes`, '', Math.round(model), '', ''])
  console.log(rates.toString())
  const larger = new Table({
    head: [
      'models × layers, filters each',
      'core hours',
      'shards of 30 min',
      'plan',
      'merge',
      'memory of merge',
      'plan',
      'parts',
      'results',
    ],
    ...plain,
  })
  for (const [models, layers, filters] of [
    [1000, 16, 1_257_472],
    [10_000, 16, 1_257_472],
    [100_000, 16, 1_257_472],
    [1_000_000, 16, 1_257_472],
    [1_000_000, 20, 30_000],
  ] as const) {
    const { hours, shards, planSeconds, mergeSeconds, mergeMemory, planBytes, partBytes, resultBytes } = scaled(costs, {
      models,
      layers,
      filters,
    })
    larger.push([
      `${models.toLocaleString('en')} × ${layers}, ${filters.toLocaleString('en')}`,
      hours.toFixed(1),
      shards.toLocaleString('en'),
      time(planSeconds),
      time(mergeSeconds),
      MB(mergeMemory),
      MB(planBytes),
      MB(partBytes),
      MB(resultBytes),
    ])
  }
  console.log(larger.toString())
}

function time(seconds: number): string {
  return seconds < 90
    ? `${seconds.toFixed(1)} s`
    : seconds < 5400
      ? `${(seconds / 60).toFixed(0)} min`
      : `${(seconds / 3600).toFixed(1)} h`
}
