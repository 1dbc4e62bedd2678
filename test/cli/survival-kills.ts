import { spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diskFolder } from '../../src/io/node.ts'
import { checkFiles } from '../../src/results/check-files.ts'
import { UNHASHED } from '../../src/results/manifest.ts'
import { randomWords } from '../../src/shift/random.ts'
import { hashesBelow } from './forged.ts'
import { filterlens, main, projectFolder } from './run.ts'

/** How runs are killed. */
export interface KillOptions {
  readonly runs: number
  readonly seed: number
  /** Told after each run. */
  readonly onRun?: (run: KilledRun) => void
}

/** What happened to one run, in words for a log. */
export interface KilledRun {
  readonly index: number
  readonly study: string
  /** "at 812 ms", "at event 31". */
  readonly kills: readonly string[]
  /** What the folder held after each kill: nothing, the old results, the new ones, or unfinished ones. */
  readonly left: readonly Left[]
  /** Layers that were not measured again. */
  readonly resumed: number
}

export type Left = 'nothing' | 'old' | 'new' | 'unfinished' | 'done before the kill'

/** A command line that is killed, and what it writes when it is not. */
interface Study {
  readonly name: string
  readonly words: readonly string[]
  readonly wanted: ReadonlyMap<string, string>
  readonly milliseconds: number
  /** Changes in the folder that the system tells of. */
  readonly events: number
}

const studies: readonly { name: string; words: readonly string[] }[] = [
  { name: 'tables', words: ['analyze', 'data'] },
  {
    name: 'whole study',
    words: ['analyze', 'data', '--meta', 'data/meta.csv', '--pairs', 'data/pairs.csv', '--report'],
  },
]

/**
 * Kills runs at seeded random moments (a time, or a change in the folder), over and over until one is let through: what lies
 * in the folder in between is checked every time, and must be whole or say that it is not finished; in the end it must be
 * what a run gives that nobody kills, byte for byte.
 * @throws Error that names the run, when one leaves anything else
 */
export async function killRuns({ runs, seed, onRun }: KillOptions): Promise<KilledRun[]> {
  const home = await mkdtemp(join(tmpdir(), 'filterlens-kill-'))
  try {
    const known: Study[] = []
    for (const [k, { name, words }] of studies.entries()) {
      const folder = join(home, `whole-${k}`)
      const { events, milliseconds } = await started([...words, '-o', folder], folder).finished
      known.push({ name, words, wanted: await resultHashes(folder), events, milliseconds })
    }
    const old = join(home, 'old')
    await filterlens(['analyze', 'data', '--threshold', '0.02', '-o', old])
    const before = await resultHashes(old)
    const told: KilledRun[] = []
    for (let index = 0; index < runs; index++) {
      const study = known[index % 4 === 3 ? 1 : 0]!
      const run = await killedRun({ study, index, seed, folder: join(home, `run-${index}`), old, before })
      onRun?.(run)
      told.push(run)
    }
    return told
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

interface Killing {
  readonly study: Study
  readonly index: number
  readonly seed: number
  readonly folder: string
  /** A folder with finished results of other parameters, which every second run begins with. */
  readonly old: string
  readonly before: ReadonlyMap<string, string>
}

async function killedRun({ study, index, seed, folder, old, before }: Killing): Promise<KilledRun> {
  const next = randomWords(seed * 1_000_003 + index)
  const isOver = index % 2 === 1
  if (isOver) await cp(old, folder, { recursive: true })
  const kills: string[] = []
  const left: Left[] = []
  const fail = (problem: string): never => {
    throw new Error(`run ${index} (${study.name}, seed ${seed}, killed ${kills.join(', ')}): ${problem}`)
  }
  for (let more = 1 + (next() % 3); more > 0; more--) {
    const byTime = next() % 2 === 0
    const at = byTime ? next() % Math.ceil(1.1 * study.milliseconds) : 1 + (next() % study.events)
    kills.push(byTime ? `at ${at} ms` : `at event ${at}`)
    const run = started([...study.words, '-o', folder], folder)
    const done = byTime ? await run.killAfter(at) : await run.killAtEvent(at)
    left.push(done ? 'done before the kill' : await stateOf(folder, study.wanted, isOver ? before : new Map(), fail))
  }
  const { code, err } = await filterlens([...study.words, '-o', folder])
  if (code !== 0) fail(`the next run ended with ${code}: ${err}`)
  const now = await resultHashes(folder)
  for (const path of new Set([...now.keys(), ...study.wanted.keys()]))
    if (now.get(path) !== study.wanted.get(path)) fail(`${path} is not what a run gives that nobody kills`)
  const { problems } = await checkFiles(diskFolder(folder), folder)
  if (problems.length > 0) fail(problems.join('; '))
  const hidden = (await readdir(folder)).filter((name) => name.startsWith('.'))
  if (hidden.length > 0) fail(`${hidden.join(', ')} stayed`)
  await rm(folder, { recursive: true })
  const resumed = Number(/continuing an interrupted run: ([\d,]+) layer/.exec(err)?.[1]?.replaceAll(',', '') ?? 0)
  return { index, study: study.name, kills, left, resumed }
}

/** What a killed run left: every file that can be seen is whole, and of the old results or of the new ones. */
export async function stateOf(
  folder: string,
  wanted: ReadonlyMap<string, string>,
  before: ReadonlyMap<string, string>,
  fail: (problem: string) => never,
): Promise<Left> {
  const now = await resultHashes(folder)
  for (const [path, sha256] of now)
    if (sha256 !== wanted.get(path) && sha256 !== before.get(path)) fail(`${path} is neither what it was nor what it was to be`)
  for (const name of ['machine.json', 'ro-crate-metadata.json']) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined)
    if (text !== undefined) JSON.parse(text)
  }
  const number = now.get('results.sha256')
  if (number === undefined) return now.size === 0 ? 'nothing' : 'unfinished'
  const { problems } = await checkFiles(diskFolder(folder), folder)
  if (problems.length > 0) fail(`results.sha256 stands beside files that it is not of: ${problems.join('; ')}`)
  return number === wanted.get('results.sha256') ? 'new' : 'old'
}

/** SHA-256 of every file that can be seen, those left out that differ from run to run. */
export const resultHashes = (folder: string): Promise<Map<string, string>> =>
  hashesBelow(folder, (path) => !(path.startsWith('.filterlens/') || (UNHASHED.includes(path) && path.endsWith('.json'))))

interface Started {
  readonly finished: Promise<{ events: number; milliseconds: number }>
  /** @returns true when the run ended before. */
  killAfter(milliseconds: number): Promise<boolean>
  killAtEvent(event: number): Promise<boolean>
}

/** Starts a run and watches its folder. */
function started(words: readonly string[], folder: string): Started {
  const began = performance.now()
  let events = 0
  let killAt = Number.POSITIVE_INFINITY
  const ready = mkdir(folder, { recursive: true })
  const finished = ready.then(
    () =>
      new Promise<{ events: number; milliseconds: number; killed: boolean }>((resolve, reject) => {
        const child = spawn(process.execPath, [main, ...words], { cwd: projectFolder, stdio: ['ignore', 'ignore', 'pipe'] })
        let err = ''
        child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
        const watcher = watch(folder, { recursive: true }, () => {
          if (++events >= killAt) child.kill('SIGKILL')
        }).on('error', () => undefined) // a folder that is gone before it could be watched
        kill = () => child.kill('SIGKILL')
        child.on('error', reject).on('close', (code, signal) => {
          watcher.close()
          if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`the run ended with ${code}: ${err}`))
          else resolve({ events, milliseconds: performance.now() - began, killed: signal === 'SIGKILL' })
        })
      }),
  )
  let kill: () => unknown = () => undefined
  return {
    finished,
    async killAfter(milliseconds) {
      const timer = setTimeout(() => kill(), milliseconds)
      const { killed } = await finished
      clearTimeout(timer)
      return !killed
    },
    async killAtEvent(event) {
      killAt = event
      return !(await finished).killed
    },
  }
}
