import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diskFolder } from '../../src/io/node.ts'
import { checkFiles } from '../../src/results/check-files.ts'
import { randomWords } from '../../src/shift/random.ts'
import { done, killAfter } from './kill-after.ts'
import { filterlens } from './run.ts'
import { type Left, resultHashes, stateOf } from './survival-kills.ts'

/** What happened to one run that was spread over shards. */
export interface KilledPlan {
  readonly index: number
  readonly study: string
  /** "plan at 120 ms", "shard 1 at 300 ms", "merge at 812 ms". */
  readonly kills: readonly string[]
  /** What the folder of the results held after each kill of merge; of the others whether they had ended before. */
  readonly left: readonly Left[]
}

const SHARDS = 3

interface Study {
  readonly name: string
  readonly words: readonly string[]
  readonly wanted: ReadonlyMap<string, string>
  /** Of each step when nobody kills it, in milliseconds. */
  readonly milliseconds: readonly number[]
}

const studies: readonly { name: string; words: readonly string[] }[] = [
  { name: 'tables', words: ['data'] },
  { name: 'whole study', words: ['data', '--meta', 'data/meta.csv', '--pairs', 'data/pairs.csv', '--report'] },
]

interface Step {
  readonly name: string
  readonly words: readonly string[]
}

const stepsOf = (words: readonly string[], plan: string, results: string): readonly Step[] => [
  { name: 'plan', words: ['plan', ...words, '--shards', String(SHARDS), '-o', plan] },
  ...Array.from({ length: SHARDS }, (_, shard) => ({
    name: `shard ${shard}`,
    words: ['analyze', '--plan', plan, '--shard', String(shard)],
  })),
  { name: 'merge', words: ['merge', plan, '-o', results] },
]

/**
 * Kills plan, the shards and merge at seeded random moments, each up to twice, and lets them be done again: what merge leaves must be whole,
 * old or new, or say that it is not finished; in the end it must be what one run of analyze gives, byte for byte, and nothing hidden stays.
 * @throws Error that names the run, when one leaves anything else
 */
export async function killPlans(runs: number, seed: number, onRun?: (run: KilledPlan) => void): Promise<readonly KilledPlan[]> {
  const home = await mkdtemp(join(tmpdir(), 'filterlens-shard-kill-'))
  try {
    const known: Study[] = []
    for (const [k, { name, words }] of studies.entries()) {
      const [whole, plan, results] = ['whole', 'plan', 'results'].map((part) => join(home, `${part}-${k}`)) as [
        string,
        string,
        string,
      ]
      await done(['analyze', ...words, '-o', whole])
      const milliseconds: number[] = []
      for (const step of stepsOf(words, plan, results)) {
        const started = performance.now()
        await done(step.words)
        milliseconds.push(performance.now() - started)
      }
      known.push({ name, words, wanted: await resultHashes(whole), milliseconds })
    }
    const old = join(home, 'old')
    await done(['analyze', 'data', '--threshold', '0.02', '-o', old])
    const before = await resultHashes(old)
    const told: KilledPlan[] = []
    for (let index = 0; index < runs; index++) {
      const isOver = index % 2 === 1
      const folder = join(home, `run-${index}`)
      if (isOver) await cp(old, join(folder, 'results'), { recursive: true })
      const run = await killed(known[index % 3 === 2 ? 1 : 0]!, folder, index, seed, isOver ? before : new Map())
      onRun?.(run)
      told.push(run)
      await rm(folder, { recursive: true })
    }
    return told
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

async function killed(
  study: Study,
  folder: string,
  index: number,
  seed: number,
  before: ReadonlyMap<string, string>,
): Promise<KilledPlan> {
  const next = randomWords(seed * 1_000_003 + index)
  const [plan, results] = [join(folder, 'plan'), join(folder, 'results')]
  const kills: string[] = []
  const left: Left[] = []
  const fail = (problem: string): never => {
    throw new Error(`run ${index} (${study.name}, seed ${seed}, killed: ${kills.join(', ')}): ${problem}`)
  }
  for (const [k, { name, words }] of stepsOf(study.words, plan, results).entries()) {
    for (let more = next() % 3; more > 0; more--) {
      const at = next() % Math.ceil(1.1 * study.milliseconds[k]!)
      kills.push(`${name} at ${at} ms`)
      if (!(await killAfter(words, at))) left.push('done before the kill')
      else left.push(name === 'merge' ? await stateOf(results, study.wanted, before, fail) : 'unfinished')
    }
    const { code, err } = await filterlens(words)
    if (code !== 0) fail(`${name} ended with ${code}: ${err}`)
  }
  const now = await resultHashes(results)
  for (const path of new Set([...now.keys(), ...study.wanted.keys()]))
    if (now.get(path) !== study.wanted.get(path)) fail(`${path} is not what a run gives that nobody kills`)
  const { problems } = await checkFiles(diskFolder(results), results)
  if (problems.length > 0) fail(problems.join('; '))
  // The lock of a dead process beside a part that is there says nothing and is asked by nobody.
  const stayed = (await readdir(folder, { recursive: true })).filter((path) => /(^|\/)\.|\.(journal|failed)/.test(path))
  if (stayed.length > 0) fail(`${stayed.join(', ')} stayed`)
  return { index, study: study.name, kills, left }
}
