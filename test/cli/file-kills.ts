import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomWords } from '../../src/shift/random.ts'
import { few, hashesBelow } from './forged.ts'
import { done, killAfter } from './kill-after.ts'

/** What a killed command left. */
export type LeftFiles =
  | 'nothing'
  | 'old'
  | 'new'
  | 'some of the new'
  | 'no database'
  | 'a part of the series'
  | 'done before the kill'

/** What happened to one command that writes files beside results. */
export interface KilledCommand {
  readonly index: number
  readonly command: string
  /** Milliseconds after the start. */
  readonly at: readonly number[]
  readonly left: readonly LeftFiles[]
}

/** A command, what it writes below a folder, and when that stands. */
interface Written {
  readonly name: string
  words(results: string, folder: string, steps?: number): readonly string[]
  /** Its files are there together, or none is. */
  readonly isOneFile: boolean
  /** What it writes over: of other inputs than `words`. */
  old(others: string, folder: string): readonly string[]
  /** It writes its files anew after each of these many inputs, one file after the other; `words` takes the first `steps` of them. */
  readonly steps?: number
}

const CHECKPOINTS = ['0000', '0030', '0060'].map((step) => `step=${step}.ckpt`)
const track = (series: string, folder: string, steps: number): readonly string[] => [
  'track',
  ...CHECKPOINTS.slice(0, steps).map((name) => join('test/fixtures/series', series, name)),
  '-o',
  join(folder, 'series'),
]

const commands: readonly Written[] = [
  ...(
    [
      ['report', 'r.html', true],
      ['pack', 'r.zip', true],
      ['export', 'tables', false],
    ] as const
  ).map(([name, file, isOneFile]): Written => {
    const words = (results: string, folder: string): readonly string[] => [name, results, '-o', join(folder, file)]
    return { name, words, old: words, isOneFile }
  }),
  {
    name: 'extract',
    words: (_, folder) => ['extract', 'data', '-o', join(folder, 'db')],
    old: (_, folder) => ['extract', ...few, '-o', join(folder, 'db')],
    isOneFile: false,
  },
  {
    name: 'track',
    words: (_, folder, steps = CHECKPOINTS.length) => track('robust', folder, steps),
    old: (_, folder) => track('normal', folder, CHECKPOINTS.length),
    isOneFile: false,
    steps: CHECKPOINTS.length,
  },
]

/** The names of the commands that `killCommands` kills. */
export const killedCommands: readonly string[] = commands.map(({ name }) => name)

/**
 * Kills report, pack, export, extract and track at seeded random moments, every second time over what an earlier one wrote: what can be
 * seen must be old or new and whole, and the next run must leave the bytes of one that nobody killed, and nothing hidden.
 * @throws Error that names the run, when one leaves anything else
 */
export async function killCommands(
  runs: number,
  seed: number,
  onRun?: (run: KilledCommand) => void,
  names: readonly string[] = killedCommands,
): Promise<readonly KilledCommand[]> {
  const home = await mkdtemp(join(tmpdir(), 'filterlens-file-kill-'))
  try {
    const [results, others] = [join(home, 'results'), join(home, 'others')]
    await done(['analyze', 'data', '--meta', 'data/meta.csv', '-o', results])
    await done(['analyze', ...few, '-o', others])
    const known: Known[] = []
    for (const command of commands.filter(({ name }) => names.includes(name))) {
      const [whole, old] = [join(home, `${command.name}-whole`), join(home, `${command.name}-old`)]
      const started = performance.now()
      await done(command.words(results, whole))
      const milliseconds = performance.now() - started
      await done(command.old(others, old))
      const steps: ReadonlyMap<string, string>[] = []
      for (let step = 1; step < (command.steps ?? 0); step++) {
        const part = join(home, `${command.name}-${step}`)
        await done(command.words(results, part, step))
        steps.push(await hashes(part))
      }
      known.push({ command, wanted: await hashes(whole), old, before: await hashes(old), steps, milliseconds })
    }
    const all: KilledCommand[] = []
    for (let index = 0; index < runs; index++) {
      const run = await killed(
        known[index % known.length]!,
        results,
        join(home, `run-${index}`),
        index,
        seed,
        Math.floor(index / known.length) % 2 === 1,
      )
      onRun?.(run)
      all.push(run)
    }
    return all
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

interface Known {
  readonly command: Written
  readonly wanted: ReadonlyMap<string, string>
  readonly old: string
  readonly before: ReadonlyMap<string, string>
  /** What it leaves after its first input, its first two, and so on. */
  readonly steps: readonly ReadonlyMap<string, string>[]
  readonly milliseconds: number
}

async function killed(
  known: Known,
  results: string,
  folder: string,
  index: number,
  seed: number,
  isOver: boolean,
): Promise<KilledCommand> {
  const { command, wanted, old, milliseconds } = known
  const next = randomWords(seed * 1_000_003 + index)
  if (isOver) await cp(old, folder, { recursive: true })
  const words = command.words(results, folder)
  const at: number[] = []
  const left: LeftFiles[] = []
  for (let more = 1 + (next() % 3); more > 0; more--) {
    // The last fifth is where files get their names: half of the kills go there.
    const share = next() % 2 === 0 ? (next() % 1000) / 1000 : 0.8 + (next() % 1000) / 4000
    at.push(Math.round(share * milliseconds))
    const isKilled = await killAfter(words, at.at(-1)!)
    left.push(isKilled ? stateOf(known, await hashes(folder), isOver) : 'done before the kill')
  }
  await done(words)
  const now = await hashes(folder)
  const isRight = (path: string): boolean => now.get(path) === (wanted.get(path) ?? known.before.get(path))
  const wrong = [...new Set([...now.keys(), ...wanted.keys()])].filter((path) => !isRight(path))
  if (wrong.length > 0)
    throw new Error(`run ${index} (${words.join(' ')}): ${wrong.join(', ')} is not what a run gives that nobody kills`)
  const hidden = (await readdir(folder, { recursive: true })).filter((name) => /(^|\/)\./.test(name))
  if (hidden.length > 0) throw new Error(`run ${index} (${words.join(' ')}): ${hidden.join(', ')} stayed`)
  await rm(folder, { recursive: true })
  return { index, command: command.name, at, left }
}

/** @throws Error for a file that is neither what it was nor what it was to be, and for a part of what belongs together */
function stateOf({ command, wanted, before, steps }: Known, now: ReadonlyMap<string, string>, isOver: boolean): LeftFiles {
  const fail = (problem: string): never => {
    throw new Error(`${command.name}: ${problem}: ${[...now.keys()].join(', ')}`)
  }
  const ofOne = (of: ReadonlyMap<string, string>): string[] =>
    [...now].filter(([path, hash]) => of.get(path) === hash).map(([path]) => path)
  const [news, olds, parts] = [ofOne(wanted), ofOne(before), steps.flatMap(ofOne)]
  for (const path of now.keys())
    if (![news, olds, parts].some((paths) => paths.includes(path))) fail(`${path} is neither old nor new`)
  if (now.size === 0) return isOver ? fail('the old files are gone') : 'nothing'
  if (news.length === wanted.size) return 'new'
  if (isOver && olds.length === before.size) return 'old'
  if (steps.length > 0) return 'a part of the series'
  // Without models.arrow there is no database, whatever else lies there.
  if (command.name === 'extract') return now.has('db/models.arrow') ? fail('a database of two runs') : 'no database'
  if (command.isOneFile || !isOver) fail('a part of what belongs together')
  // Files that lost their names to new ones that have none yet: none of before stands beside one of now.
  if (olds.some((path) => !news.includes(path) && wanted.has(path)) && news.some((path) => !olds.includes(path)))
    fail('files of two runs')
  return 'some of the new'
}

/** SHA-256 of every file that can be seen below a folder. */
const hashes = (folder: string): Promise<Map<string, string>> => hashesBelow(folder, (path) => !/(^|\/)\./.test(path))
