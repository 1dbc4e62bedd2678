// Memory and processor time of everything that comes after measuring, over tables of models that were never there:
// node dist/bench/many-models.js [--models 1000,10000,100000] [--layers 20] [--folder /tmp]. 100,000 models take 6 GB on the disk.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { runCommand } from './end-to-end-rounds.ts'
import type { ManyTask, Step } from './many-models-child.ts'

const { values: given } = parseArgs({
  options: {
    models: { type: 'string', default: '1000,10000,100000' },
    layers: { type: 'string', default: '20' },
    folder: { type: 'string', default: tmpdir() },
    commands: { type: 'string', default: 'verify,report,export' },
  },
})
const sizes = given.models.split(',').map(Number)
const layers = Number(given.layers)
const commands = given.commands === '' ? [] : given.commands.split(',')

function make(task: ManyTask): Promise<Step[]> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'many-models-child.js'))
    const steps: Step[] = []
    child.on('message', (step) => void steps.push(step as Step))
    child.once('exit', (code) => (code === 0 ? resolve(steps) : reject(new Error(`the bench's process ended with code ${code}`))))
    child.send(task)
  })
}

function wordsOf(command: string, results: string): string[] {
  if (command === 'report') return [command, results, '-o', join(results, '..', 'again.html')]
  if (command === 'export') return [command, results, '--format', 'arrow', '-o', join(results, '..', 'tables')]
  return [command, results]
}

const found = new Map<string, (Step | undefined)[]>()
for (const [k, models] of sizes.entries()) {
  const folder = mkdtempSync(join(given.folder, 'filterlens-many-'))
  try {
    const results = join(folder, 'results')
    const steps = await make({ folder: results, models, layers })
    for (const command of commands) {
      const { processor, peak } = await runCommand(wordsOf(command, results))
      steps.push({ step: `filterlens ${command}`, processor: processor / 1000, peak })
    }
    for (const step of steps) {
      const row = found.get(step.step) ?? sizes.map(() => undefined)
      row[k] = step
      found.set(step.step, row)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What one more model takes, what no model takes, and how much of the differences between the sizes that explains. */
interface Line {
  readonly slope: number
  readonly intercept: number
  readonly r2: number
}

/** The straight line through values at all sizes, by least squares of the relative errors: a second at the smallest size counts as much as a hundred at the largest. */
function lineThrough(values: readonly number[]): Line {
  const weights = values.map((value) => 1 / (value * value))
  const sum = (term: (k: number) => number): number => weights.reduce((total, weight, k) => total + weight * term(k), 0)
  const [n, x, y] = [sum(() => 1), sum((k) => sizes[k]!), sum((k) => values[k]!)]
  const [xx, xy] = [sum((k) => sizes[k]! * sizes[k]!), sum((k) => sizes[k]! * values[k]!)]
  const slope = (n * xy - x * y) / (n * xx - x * x)
  const intercept = (y - slope * x) / n
  const mean = values.reduce((total, value) => total + value, 0) / values.length
  const rest = (from: (k: number) => number): number => values.reduce((total, value, k) => total + (value - from(k)) ** 2, 0)
  return { slope, intercept, r2: 1 - rest((k) => intercept + slope * sizes[k]!) / rest(() => mean) }
}

const lines = (row: readonly (Step | undefined)[], of: (step: Step) => number, words: (line: Line) => string): string => {
  const known = row.filter((step) => step !== undefined)
  return sizes.length > 2 && known.length === sizes.length ? words(lineThrough(known.map(of))) : ''
}

const timeWords = ({ slope, intercept, r2 }: Line): string =>
  `${(1000 * slope).toFixed(2)} s a thousand ${intercept < 0 ? '−' : '+'} ${Math.abs(intercept).toFixed(1)} s, R² ${r2.toFixed(4)}`

const memoryWords = ({ slope, intercept, r2 }: Line): string =>
  `${(slope / 1024).toFixed(1)} KB a model ${intercept < 0 ? '−' : '+'} ${Math.abs(intercept / 2 ** 20).toFixed(0)} MB, R² ${r2.toFixed(4)}`

const table = new Table({
  head: ['step', ...sizes.map((models) => `${models.toLocaleString('en')} models`), 'processor time', 'memory'],
  style: { head: [], border: [] },
})
for (const [step, row] of found)
  table.push([
    step,
    ...row.map((one) => (one ? `${one.processor.toFixed(1)} s, ${Math.round(one.peak / 2 ** 20)} MB` : '')),
    lines(row, ({ processor }) => processor, timeWords),
    lines(row, ({ peak }) => peak, memoryWords),
  ])
console.log(
  `${layers} layers a model; processor time, and the largest memory of the process so far; lines by least squares over the sizes\n${table.toString()}`,
)
