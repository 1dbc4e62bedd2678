import { type ChildProcess, fork, spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { Taken, Task } from './end-to-end-child.ts'
import { median } from './rounds.ts'

/** A process that does tasks, one at a time. */
export interface Runner {
  run(task: Task): Promise<Taken>
  close(): void
}

export function openRunner(): Runner {
  const child: ChildProcess = fork(join(import.meta.dirname, 'end-to-end-child.js'))
  return {
    run: (task) =>
      new Promise((resolve, reject) => {
        const ended = (code: number | null): void => reject(new Error(`the bench's process ended with code ${code}`))
        child.once('exit', ended)
        child.once('message', (taken) => {
          child.off('exit', ended)
          resolve(taken as Taken)
        })
        child.send(task)
      }),
    close: () => child.disconnect(),
  }
}

const told = `process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  let peak = process.resourceUsage().maxRSS
  try { peak = Number(/VmHWM:\\s+(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) } catch {}
  fs.writeSync(3, JSON.stringify({ processor: (user + system) / 1000, system: system / 1000, peak: peak * 1024 }))
})`
const hook = `data:text/javascript,${encodeURIComponent(`import fs from 'node:fs'; ${told}`)}`

/** The command itself in a process of its own, from its start to its end. */
export function runCommand(args: readonly string[]): Promise<Taken> {
  const main = join(import.meta.dirname, '../src/cli/main.js')
  const started = performance.now()
  const child = spawn(process.execPath, ['--import', hook, main, ...args], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
  let said = ''
  let words = ''
  child.stderr!.on('data', (data) => (words += data))
  child.stdio[3]!.on('data', (data) => (said += data))
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      const wall = performance.now() - started
      if (code !== 0) reject(new Error(`filterlens ${args.join(' ')} ended with code ${code}: ${words}`))
      else resolve({ ...(JSON.parse(said) as Taken), main: Number.NaN, wall, filters: 0 })
    })
  })
}

/** What contenders took in each round. */
export class Rounds {
  readonly #taken = new Map<string, Taken[]>()
  /** Share of all processors that other processes used meanwhile; 0 on a quiet machine. */
  othersShare = 0

  /**
   * Runs all contenders once a round, one after the other, the order turning from round to round. A first round warms up and
   * does not count.
   */
  static async of(contenders: ReadonlyMap<string, () => Promise<Taken>>, rounds: number, warm = true): Promise<Rounds> {
    const out = new Rounds()
    const names = [...contenders.keys()]
    for (const name of names) out.#taken.set(name, [])
    const before = busy()
    let own = 0
    for (let round = warm ? -1 : 0; round < rounds; round++) {
      for (let k = 0; k < names.length; k++) {
        const name = names[(k + round + names.length) % names.length]!
        const taken = await contenders.get(name)!()
        own += taken.processor
        if (round >= 0) out.#taken.get(name)!.push(taken)
      }
    }
    const after = busy()
    out.othersShare = Math.max(0, (after.used - before.used - own) / (after.all - before.all))
    return out
  }

  /** Median over the rounds. */
  median(name: string, of: (taken: Taken) => number): number {
    return median(this.#taken.get(name)!.map(of))
  }

  /** Median over the rounds of one contender's time on the clock over another's in the same round. */
  ratio(name: string, over: string): number {
    const others = this.#taken.get(over)!
    return median(this.#taken.get(name)!.map(({ wall }, round) => wall / others[round]!.wall))
  }
}

/** Milliseconds of all processors: used, and in all. */
function busy(): { used: number; all: number } {
  let used = 0
  let all = 0
  for (const { times } of cpus()) {
    const own = times.user + times.nice + times.sys + times.irq
    used += own
    all += own + times.idle
  }
  return { used, all }
}

/** y = a + b·x by least squares of relative errors, and each point's error as a share of it. */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): { a: number; b: number; errors: number[] } {
  let w = 0
  let wx = 0
  let wxx = 0
  let wy = 0
  let wxy = 0
  for (const [x, y] of points) {
    const weight = 1 / (y * y)
    w += weight
    wx += weight * x
    wxx += weight * x * x
    wy += weight * y
    wxy += weight * x * y
  }
  const b = (w * wxy - wx * wy) / (w * wxx - wx * wx)
  const a = (wy - b * wx) / w
  return { a, b, errors: points.map(([x, y]) => (a + b * x - y) / y) }
}
