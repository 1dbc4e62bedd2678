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

/** The power of the number of rows that time grows with, between the first and the last size; 1 is linear. */
function growth(steps: readonly (Step | undefined)[]): string {
  const [first, last] = [steps[0], steps.at(-1)]
  if (!first || !last || sizes.length < 2) return ''
  return (Math.log10(last.processor / first.processor) / Math.log10(sizes.at(-1)! / sizes[0]!)).toFixed(2)
}

const table = new Table({
  head: ['step', ...sizes.map((models) => `${models.toLocaleString('en')} models`), 'time grows as rows to the'],
  style: { head: [], border: [] },
})
for (const [step, row] of found)
  table.push([
    step,
    ...row.map((one) => (one ? `${one.processor.toFixed(1)} s, ${Math.round(one.peak / 2 ** 20)} MB` : '')),
    growth(row),
  ])
console.log(`${layers} layers a model; processor time, and the largest memory of the process\n${table.toString()}`)
