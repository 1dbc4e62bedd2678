import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterlens, projectFolder } from '../cli/run.ts'
import { stopAtJournal, stoppedAt, stoppingEnv } from '../helpers/stopped-process.ts'
import { type Cluster, slurmPrograms, startCluster, until } from './cluster.ts'
import { runsInside } from './inside.ts'
import { slowModel } from './slow-models.ts'

// A plan on a real Slurm of four nodes, while nodes die, time runs out, somebody cancels, and a disk is full.

const NODES = 4
/** Slow ones, of which each shard has several. */
const LAYERS = 48
const SHARDS = 10

/** A task of an array that runs: `12_3`. */
interface Task {
  readonly id: string
  readonly node: string
}

/** A task whose process was stopped when it had measured something. */
interface Held {
  readonly task: Task
  readonly pid: number
  readonly shard: number
  readonly journal: string
}

const logOf = (plan: string, { shard }: Held): Promise<string> => readFile(join(plan, 'logs', `measure-${shard}.log`), 'utf8')

/** One plan on a cluster. */
class PlanOnCluster {
  readonly cluster: Cluster
  readonly plan: string

  constructor(cluster: Cluster, plan: string) {
    this.cluster = cluster
    this.plan = plan
  }

  /** @param env what the tasks have in their environment besides */
  async submit(options: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<void> {
    const { code, err } = await filterlens(['slurm', this.plan, '--submit', ...options], { env: { ...this.#env, ...env } })
    assert.is(code, 0, err)
  }

  /** The process of a shard that stops when it has measured something. */
  async held(stops: string, shard: number): Promise<Held> {
    const name = `${shard}.journal`
    let pid: number | undefined
    await until(`shard ${shard} is in the middle`, async () => (pid = await stoppedAt(stops, name)) !== undefined)
    return { task: taskOf(pid!), pid: pid!, shard, journal: join(this.plan, 'parts/measure', name) }
  }

  async status(): Promise<{ code: number | null; out: string; err: string }> {
    return filterlens(['status', this.plan, '--json'], { env: this.#env })
  }

  async queue(): Promise<string[]> {
    return (await this.cluster.slurm('squeue', '-h', '-r', '-o', '%i|%T|%r')).split('\n').filter(Boolean)
  }

  /** Waits until Slurm has nothing to do any more. What was queued again after a failure would wait two minutes: it starts at once. */
  async drained(): Promise<void> {
    await until('no job is left', async () => {
      const queue = await this.queue()
      for (const line of queue) {
        const [id, state, reason] = line.split('|')
        if (state === 'PENDING' && reason === 'BeginTime') await this.startNow(id!)
      }
      return queue.length === 0
    })
  }

  /** A task that was queued again waits for its time, and that only when what it was has been cleared away. */
  async startNow(id: string): Promise<void> {
    await this.cluster.slurm('scontrol', 'update', `JobId=${id}`, 'StartTime=now').catch((error: { stderr?: string }) => {
      if (!/no longer pending|try again|Invalid job|already finished/i.test(error.stderr ?? '')) throw error
    })
  }

  get #env(): Record<string, string> {
    return { SLURM_CONF: this.cluster.env['SLURM_CONF']! }
  }
}

/** A journal of so many bytes holds at least one slow layer. */
const MEASURED_BYTES = 5000

/** The task that a process measures. */
function taskOf(pid: number): Task {
  const environment = new Map(
    readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  const [array, index, node] = ['SLURM_ARRAY_JOB_ID', 'SLURM_ARRAY_TASK_ID', 'SLURMD_NODENAME'].map((name) =>
    environment.get(name),
  )
  return { id: `${array}_${index}`, node: node! }
}

const SIGTERM_BIT = 1n << 14n

/** True when a process that is stopped has been told to end. */
function isToldToEnd(pid: number): boolean {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return (BigInt(`0x${/^ShdPnd:\s*([0-9a-f]+)$/m.exec(status)![1]}`) & SIGTERM_BIT) !== 0n
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

const mounted: string[] = []

/** A disk of so many bytes, which nobody outside sees. */
function mount(place: string, size: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place])
  mounted.push(place)
}

async function study(folder: string): Promise<{ models: string; wanted: string }> {
  const models = join(folder, 'models')
  await mkdir(models)
  for (const name of await readdir(join(projectFolder, 'data')))
    if (name.endsWith('.onnx')) await copyFile(join(projectFolder, 'data', name), join(models, name))
  await writeFile(join(models, 'slow.safetensors'), slowModel(LAYERS))
  return { models, wanted: await numberOf(['analyze', models], join(folder, 'one')) }
}

/** What docs/clusters.md gives to `filterlens slurm`, but for the folders. */
async function documentedOptions(): Promise<string[]> {
  const page = await readFile('docs/clusters.md', 'utf8')
  const [, words] = /^filterlens slurm plan --submit (.*) -o results$/m.exec(page)!
  return words!.split(' ')
}

async function numberOf(words: readonly string[], output: string): Promise<string> {
  const { code, err } = await filterlens([...words, '-o', output])
  assert.is(code, 0, err)
  return readFile(join(output, 'results.sha256'), 'utf8')
}

if (runsInside([...slurmPrograms])) {
  const folder = await mkdtemp(join(tmpdir(), "filterlens slurm's "))
  let cluster: Cluster
  let models: string
  let wanted: string

  test.before(async () => {
    const starting = startCluster(await mkdtemp(join(tmpdir(), 'slurm-')), NODES)
    ;({ models, wanted } = await study(folder))
    cluster = await starting
  })

  test.after(async () => {
    await cluster.stop()
    for (const place of mounted) execFileSync('umount', ['--lazy', place])
    await rm(folder, { recursive: true, force: true })
  })

  const step = (name: string, work: () => Promise<void>): void =>
    test(name, async () => {
      try {
        await work()
      } catch (error) {
        console.error(`${name}: ${(error as Error).stack}\n${await cluster.logs()}`)
        throw error
      }
    })

  step(
    'a node dies, a shard reaches its time limit and another is cancelled: what is left is submitted again, the number is the same',
    async () => {
      const plan = join(folder, 'plan %j "a"')
      const planned = await filterlens(['plan', models, '--shards', String(SHARDS), '-o', plan])
      assert.is(planned.code, 0, planned.err)
      const on = new PlanOnCluster(cluster, plan)
      const stops = join(folder, 'stops')
      for (const shard of [0, 1, 2]) await stopAtJournal(stops, `${shard}.journal`, MEASURED_BYTES)
      await on.submit(['--time', '1:00:00'], stoppingEnv(stops))
      const [dead, late, cancelled] = (await Promise.all([0, 1, 2].map((shard) => on.held(stops, shard)))) as [Held, Held, Held]
      await cluster.slurm('scontrol', 'update', `JobId=${late.task.id}`, 'TimeLimit=2')
      await cluster.killNode(dead.task.node)
      const beats = new Date(Date.now() - 300_000) // on another host the lock of a dead one is believed for two minutes
      await utimes(dead.journal.replace(/journal$/, 'lock'), beats, beats)
      await cluster.slurm('scancel', cancelled.task.id)
      await until('the shard whose time is up is told to end', () => isToldToEnd(late.pid))
      const before = await sizeOf(late.journal)
      process.kill(late.pid, 'SIGCONT')
      await until('it is queued again', async () => (await on.queue()).some((line) => line.startsWith(`${late.task.id}|PENDING`)))
      assert.ok((await sizeOf(late.journal)) >= before, 'what it had measured is kept')
      await cluster.slurm('scontrol', 'update', `JobId=${late.task.id}`, 'TimeLimit=60')
      await on.drained()
      for (const [held, expected] of [
        [late, /time is up.*started [1-9]\d* times before.*continuing, \d+ layers? measured already/s],
        [dead, /started [1-9]\d* times before.*continuing, \d+ layers? measured already/s],
      ] as const) {
        const log = await logOf(plan, held)
        assert.match(log, expected, log)
      }
      const status = JSON.parse((await on.status()).out) as { passes: { done: number; stopped: number[] }[]; next: string }
      assert.is(status.passes[0]!.done, SHARDS - 1)
      assert.equal(status.passes[0]!.stopped, [cancelled.shard])
      assert.match(status.next, /^filterlens slurm .* --submit$/)
      await cluster.startNode(dead.task.node)
      await on.submit()
      await on.drained()
      assert.is(await readFile(join(`${plan}-results`, 'results.sha256'), 'utf8'), wanted)
    },
  )

  step(
    'a study, as docs/clusters.md submits one: a full disk stops its shards; with room all passes are done, and two merges at once give one result',
    async () => {
      const plan = join(folder, 'study')
      const words = ['data', '--meta', 'data/meta.csv', '--pairs', 'data/pairs.csv']
      const planned = await filterlens(['plan', ...words, '--shards', '4', '-o', plan])
      assert.is(planned.code, 0, planned.err)
      const parts = join(plan, 'parts')
      await mkdir(parts)
      mount(parts, '48k')
      const on = new PlanOnCluster(cluster, plan)
      await on.submit()
      await on.drained()
      const full = await on.status()
      assert.is(full.code, 1, full.out)
      assert.match(full.out, /the disk is full/, full.out)
      execFileSync('mount', ['-o', 'remount,size=64m', parts])
      const [one] = await Promise.all([
        numberOf(['analyze', ...words], join(folder, 'study of one machine')),
        on.submit(await documentedOptions()).then(() => on.drained()),
      ])
      assert.is(await readFile(join(`${plan}-results`, 'results.sha256'), 'utf8'), one)
      const { passes } = JSON.parse((await on.status()).out) as { passes: { pass: string; done: number }[] }
      assert.equal(
        passes.map(({ pass, done }) => [pass, done]),
        [
          ['measure', 4],
          ['ranges', 4],
          ['counts', 4],
        ],
      )
      const twice = join(folder, 'twice')
      const merges = await Promise.all([1, 2].map(() => filterlens(['merge', plan, '-o', twice])))
      assert.ok(
        merges.some(({ code }) => code === 0),
        merges.map(({ err }) => err).join(''),
      )
      for (const { code, err } of merges) assert.ok(code === 0 || /another run .* is writing here/.test(err), err)
      assert.is(await readFile(join(twice, 'results.sha256'), 'utf8'), one)
    },
  )

  test.run()
}
